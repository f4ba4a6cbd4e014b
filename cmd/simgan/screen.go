package main

import (
	"errors"
	"io"
	"sync"
	"syscall"

	"simgan/internal/showtext"
)

// screen is the standard output or error of a command. It shows no control characters of files' names and the like. If
// nobody reads it any more, the command is asked to stop, as by a signal.
type screen struct {
	out  io.Writer
	gone func() // called once
}

func newScreen(out io.Writer, gone func()) *screen { return &screen{out, sync.OnceFunc(gone)} }

// Write shows a text.
func (s *screen) Write(text []byte) (int, error) {
	n, err := showtext.Writer(s.out).Write(text)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO) { // EIO: the terminal was closed
		s.gone()
	}
	return n, err
}

// Raw returns the output itself, for progress bars.
func (s *screen) Raw() io.Writer { return s.out }
