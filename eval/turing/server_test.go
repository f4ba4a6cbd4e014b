package turing

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"simgan/internal/exit"
)

// site serves the view of a test without waits.
func site(t *testing.T, test *Test, keep func() (Pool, error)) (*view, *httptest.Server) {
	v := newView(test, keep)
	v.token, v.pause, v.File = "secret", 0, "runs/<i>&/turing/001.csv"
	s := httptest.NewServer(v.routes())
	t.Cleanup(s.Close)
	return v, s
}

func kept() (Pool, error) { return Pool{}, nil }

// get returns the status and the text of an address below the token.
func get(t *testing.T, s *httptest.Server, path string) (int, string) {
	t.Helper()
	return read(t)(http.Get(s.URL + path))
}

func send(t *testing.T, s *httptest.Server, action string, question int, said string) (int, string) {
	t.Helper()
	form := url.Values{"question": {strconv.Itoa(question)}, "said": {said}}
	return read(t)(http.PostForm(s.URL+"/secret/"+action, form))
}

func read(t *testing.T) func(*http.Response, error) (int, string) {
	return func(r *http.Response, err error) (int, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(text)
	}
}

// Nothing is shown without the token, no image but the current question's, and nothing comes from elsewhere.
func TestOnlyTheCurrentQuestionIsShown(t *testing.T) {
	test := exam(2)
	test.Questions[0].Images = [][]byte{[]byte("first")}
	_, s := site(t, test, kept)
	for path, want := range map[string]int{
		"/": 404, "/secre/": 404, "/other/": 404, "/secret/": 200, "/secret/page.css": 200, "/secret/page.js": 200,
		"/secret/image/0/0": 200, "/secret/image/0/1": 404, "/secret/image/1/0": 404, "/secret/image/-1/0": 404,
		"/secret/image/x/0": 404, "/secret/page.html": 404, "/secret/answer": 405,
	} {
		if status, _ := get(t, s, path); status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
	}
	r, err := http.Get(s.URL + "/secret/")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	policy := r.Header.Get("Content-Security-Policy")
	if r.Header.Get("Cache-Control") != "no-store" || !strings.Contains(policy, "default-src 'self'") {
		t.Errorf("headers are %v", r.Header)
	}
	if _, text := get(t, s, "/secret/"); strings.Contains(text, "http:") || strings.Contains(text, "https:") ||
		strings.Contains(text, "x.png") {
		t.Errorf("the page holds a foreign address or the image's name: %s", text)
	}
}

// A second input within the pause, as of a double click, changes nothing. Texts are escaped.
func TestDoubleClickCountsOnce(t *testing.T) {
	test := exam(2)
	v, s := site(t, test, kept)
	v.pause = time.Hour
	send(t, s, "answer", 0, "real")
	if _, text := send(t, s, "answer", 1, "real"); test.Current() != 1 || !strings.Contains(text, "2 of 2") {
		t.Errorf("after a double click %d questions are answered: %s", test.Current(), text)
	}
	v.pause = 0
	send(t, s, "answer", 1, "real")
	if _, text := send(t, s, "finish", 2, ""); !test.Done || !strings.Contains(text, "1 of 2 correct") ||
		!strings.Contains(text, "runs/&lt;i&gt;&amp;/turing/001.csv") {
		t.Errorf("the result is %s", text)
	}
}

// An answer that cannot be written is taken back, and the page says so. Bad requests change nothing.
func TestUnsavedAnswersAreTakenBack(t *testing.T) {
	test := exam(2)
	_, s := site(t, test, func() (Pool, error) { return Pool{}, errors.New("disk full") })
	if status, text := send(t, s, "answer", 0, "real"); status != 500 || !strings.Contains(text, "disk full") ||
		test.Current() != 0 {
		t.Errorf("status %d, %q; %d answers", status, text, test.Current())
	}
	if status, _ := send(t, s, "answer", 0, "<b>"); status != 400 {
		t.Errorf("an unknown answer: status %d", status)
	}
	if status, _ := read(t)(http.PostForm(s.URL+"/secret/undo", url.Values{"question": {"x"}})); status != 400 {
		t.Errorf("no number: status %d", status)
	}
}

// The server listens on this machine only, ends with the cause of a cancelled context or when nobody answers, and by
// itself after the result was seen.
func TestServeEnds(t *testing.T) {
	open := func(v *view, use func(address string)) error {
		l, err := listen(0)
		if err != nil {
			t.Fatal(err)
		}
		if host, _, _ := net.SplitHostPort(l.Addr().String()); host != "127.0.0.1" {
			t.Errorf("listens on %s", host)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		return v.serve(ctx, l, io.Discard, func(address string) error {
			if use == nil {
				cancel(exit.ErrStopped)
			} else {
				go use(address)
			}
			return nil
		})
	}
	if err := open(newView(exam(2), kept), nil); !errors.Is(err, exit.ErrStopped) {
		t.Errorf("a cancelled test ends with %v", err)
	}
	v := newView(exam(2), kept)
	v.idle = 10 * time.Millisecond
	if err := open(v, func(string) {}); !errors.Is(err, errIdle) {
		t.Errorf("a test without requests ends with %v", err)
	}
	v = newView(exam(2), kept)
	v.idle = 300 * time.Millisecond
	begun := time.Now()
	err := open(v, func(address string) { // requests of a program that does not know the token, for 5 seconds
		host := strings.TrimSuffix(address, v.token+"/")
		for range 250 {
			time.Sleep(20 * time.Millisecond)
			r, err := http.Get(host + "guess/")
			if err != nil {
				return // the test has ended
			}
			r.Body.Close()
		}
	})
	if took := time.Since(begun); !errors.Is(err, errIdle) || took > 4*time.Second {
		t.Errorf("a test with requests of others ends with %v after %v", err, took)
	}
	v = newView(exam(2), kept)
	v.rest = 10 * time.Millisecond
	v.test.Answers = []Answer{{"real", 1}, {"refined", 1}}
	err = open(v, func(address string) {
		if r, err := http.PostForm(address+"finish", url.Values{"question": {"2"}}); err == nil {
			r.Body.Close()
		}
	})
	if err != nil || !v.test.Done {
		t.Errorf("a finished test ends with %v", err)
	}
}

func TestPortInUse(t *testing.T) {
	l, err := listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	for port, want := range map[int]string{port: "is in use", -1: "1 to 65535", 65536: "1 to 65535"} {
		if _, err := listen(port); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("port %d: %v, want %q", port, err, want)
		}
	}
}
