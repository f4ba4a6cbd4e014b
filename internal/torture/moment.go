package main

import (
	"bytes"
	"os/exec"
	"sync"
	"time"
)

// moment is a time in the life of a process: after it printed N lines, and then a share of the time that the last
// of them took. So a slow machine is disturbed where a quick one is.
type moment struct {
	lines int
	share float64
}

// moment returns a random one, before the first line more often than after any other.
func (t *torture) moment() moment {
	m := moment{t.random.IntN(t.lines), t.random.Float64()}
	if t.random.IntN(3) == 0 {
		m.lines = 0
	}
	return m
}

// screen takes what a process prints. It is one writer for both outputs, so only one goroutine writes.
type screen struct {
	lock        sync.Mutex
	text        bytes.Buffer
	lines       int
	first, took time.Duration // of the first and of the last line
	last        time.Time     // when the last line came; at first, when the process was made
	printed     func()        // called after each line, if it is set
}

func (s *screen) Write(p []byte) (int, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.text.Write(p)
	for range bytes.Count(p, []byte("\n")) {
		now := time.Now()
		s.took, s.last = now.Sub(s.last), now
		if s.lines++; s.lines == 1 {
			s.first = s.took
		}
		if s.printed != nil {
			s.printed()
		}
	}
	return len(p), nil
}

// String returns all that was printed.
func (s *screen) String() string {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.text.String()
}

// disturb starts the process, calls do at the moment, unless the process ended before it, and returns how it ended.
func (t *torture) disturb(cmd *exec.Cmd, out *screen, at moment, do func()) error {
	var timer *time.Timer
	wait := func(d time.Duration) { timer = time.AfterFunc(time.Duration(at.share*float64(d)), do) }
	out.printed = func() {
		if out.lines == at.lines {
			wait(out.took)
		}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if at.lines == 0 {
		wait(t.first)
	}
	err := cmd.Wait()
	if timer != nil {
		timer.Stop()
	}
	if out.lines > 0 {
		t.first = out.first
	}
	return err
}
