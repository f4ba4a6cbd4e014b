package main

import (
	"io"

	"simgan/internal/bar"
)

// stages shows the progress of work in several stages, a bar each. Text written to it goes above the bar.
type stages struct {
	out  io.Writer
	what string
	bar  *bar.Bar
}

func (s *stages) set(what, unit string, done, total int) {
	if s.bar == nil || what != s.what {
		s.clear()
		s.what, s.bar = what, bar.New(s.out, what, unit)
	}
	s.bar.Set(done, total)
}

// Write takes the bar off its line first.
func (s *stages) Write(text []byte) (int, error) {
	s.clear()
	return s.out.Write(text)
}

func (s *stages) clear() {
	if s.bar != nil {
		s.bar.Clear()
	}
}
