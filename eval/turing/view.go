package turing

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

//go:embed page.html page.css page.js
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// view shows a test as a page. Each state of the test has one page under one address, so that a reload, and the
// browser's way back, show the current question.
type view struct {
	mu      sync.Mutex
	test    *Test
	keep    func() (Pool, error) // writes the test after each change
	pool    Pool                 // of a finished test
	token   string
	asked   int       // question that was shown last
	since   time.Time // when it was shown first
	changed time.Time // when an answer was taken or undone

	pause, idle, rest time.Duration
	File              string // of every answer
}

func newView(t *Test, keep func() (Pool, error)) *view {
	return &view{test: t, keep: keep, asked: -1, pause: defaultPause, idle: defaultIdle, rest: defaultRest}
}

// result returns the figures of the test, and whether it is done.
func (v *view) result() (Result, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.test.result(), v.test.Done
}

func (v *view) routes() http.Handler {
	mux, at := http.NewServeMux(), "/"+v.token+"/"
	mux.HandleFunc("GET "+at+"{$}", v.show)
	mux.Handle("GET "+at+"page.css", http.StripPrefix(at, http.FileServerFS(files)))
	mux.Handle("GET "+at+"page.js", http.StripPrefix(at, http.FileServerFS(files)))
	mux.HandleFunc("GET "+at+"image/{question}/{side}", v.image)
	mux.HandleFunc("POST "+at+"answer", v.post(func(r *http.Request, question int) (bool, error) {
		return v.test.answer(question, r.FormValue("said"), time.Since(v.since))
	}))
	mux.HandleFunc("POST "+at+"undo", v.post(func(r *http.Request, question int) (bool, error) {
		return v.test.undo(question), nil
	}))
	mux.HandleFunc("POST "+at+"finish", v.post(func(r *http.Request, question int) (bool, error) {
		return v.test.finish(), nil
	}))
	return guarded(mux)
}

// guarded adds the headers of a page that takes nothing from elsewhere and leaves no trace.
func guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
			"Cache-Control":           "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		} {
			w.Header().Set(name, value)
		}
		h.ServeHTTP(w, r)
	})
}

// post returns the handler of an input. An input to another question than the current one, or too soon after the last
// one, changes nothing. If the change cannot be written, it is taken back.
func (v *view) post(change func(r *http.Request, question int) (taken bool, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		defer v.mu.Unlock()
		question, err := strconv.Atoi(r.FormValue("question"))
		if err != nil {
			http.Error(w, "the question is no number", http.StatusBadRequest)
			return
		}
		answers, done := slices.Clone(v.test.Answers), v.test.Done
		taken := false
		if time.Since(v.changed) >= v.pause {
			taken, err = change(r, question)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if taken {
			if v.pool, err = v.keep(); err != nil {
				v.test.Answers, v.test.Done = answers, done
				http.Error(w, "the answer was not saved: "+err.Error()+"\nGo back, and answer again.",
					http.StatusInternalServerError)
				return
			}
			v.changed = time.Now()
		}
		http.Redirect(w, r, "/"+v.token+"/", http.StatusSeeOther)
	}
}

// content holds what the page shows.
type content struct {
	*Test
	Number, Total int // the current question, from 1
	State         string
	Question      *Question
	Result        Result
	Pool          Pool
	File          string
}

// show writes the page of the current question, of the end, or of the result.
func (v *view) show(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := content{
		Test: v.test, Number: v.test.Current() + 1, Total: len(v.test.Questions), Pool: v.pool, File: v.File,
	}
	switch {
	case v.test.Done:
		c.State, c.Result = "result", v.test.result()
	case v.test.Current() == c.Total:
		c.State = "end"
	default:
		c.State, c.Question = "question", &v.test.Questions[v.test.Current()]
		if v.asked != v.test.Current() {
			v.asked, v.since = v.test.Current(), time.Now()
		}
	}
	var text bytes.Buffer
	if err := page.Execute(&text, c); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(text.Bytes()) // a browser that has gone needs no page
}

// image writes an image of the current question. Others are not shown: an address holds no hint of what is real.
func (v *view) image(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	question, errQ := strconv.Atoi(r.PathValue("question"))
	side, errS := strconv.Atoi(r.PathValue("side"))
	if errQ != nil || errS != nil || question != v.test.Current() || question >= len(v.test.Questions) ||
		side < 0 || side >= len(v.test.Questions[question].Images) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(v.test.Questions[question].Images[side])
}
