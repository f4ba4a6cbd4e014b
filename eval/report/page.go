package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
)

//go:embed *.html *.css *.js
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"percent": func(share float64) float64 { return 100 * share },
}).ParseFS(files, "*.html"))

// frame is what page.html shows around the sections.
type frame struct {
	Title    string
	Style    template.CSS
	Script   template.JS
	Live     bool // the page loads itself again
	Sections []filled
}

type filled struct {
	Name, Title string
	Body        template.HTML
}

// newFrame returns an empty page.
func newFrame(title string) (frame, error) {
	style, err := files.ReadFile("page.css")
	if err != nil {
		return frame{}, err
	}
	script, err := files.ReadFile("page.js")
	return frame{Title: title, Style: template.CSS(style), Script: template.JS(script)}, err
}

// add fills a section's template with data and appends it.
func (f *frame) add(name, title string, data any) error {
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, name+".html", data); err != nil {
		return err
	}
	f.Sections = append(f.Sections, filled{name, title, template.HTML(body.String())})
	return nil
}

// text returns the whole page.
func (f *frame) text() ([]byte, error) {
	var text bytes.Buffer
	err := templates.ExecuteTemplate(&text, "page.html", f)
	return text.Bytes(), err
}

// page returns the page of a run.
func (r *run) page() ([]byte, error) {
	f, err := newFrame("Run " + r.name)
	if err != nil {
		return nil, err
	}
	f.Live = r.trains
	for _, s := range sections {
		data, err := s.show(r)
		if err == nil && data != nil {
			err = f.add(s.name, s.title, data)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: the page's section %s: %w", r.dir, s.name, err)
		}
	}
	return f.text()
}
