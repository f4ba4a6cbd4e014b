package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// lineEvery is how often a bar says where it is when its output is no terminal.
const lineEvery = 10 * time.Second

// bar shows how far a job is: a bar with rate and time left on a terminal, a plain line now and then elsewhere. It may be
// used from several goroutines.
type bar struct {
	out   io.Writer
	what  string
	mu    sync.Mutex
	shown *progressbar.ProgressBar // nil where out is no terminal
	done  int
	start time.Time
	last  time.Time
}

func newBar(out io.Writer, what string) *bar {
	return &bar{out: out, what: what, start: time.Now(), last: time.Now()}
}

// set says how many of how many are done; numbers that come late from another goroutine are passed over.
func (b *bar) set(done, of int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if done < b.done {
		return
	}
	b.done = done
	f, ok := b.out.(*os.File)
	if ok && b.shown == nil && term.IsTerminal(int(f.Fd())) {
		b.shown = progressbar.NewOptions(of, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(b.what),
			progressbar.OptionShowIts(), progressbar.OptionSetItsString("images"), progressbar.OptionSetPredictTime(true),
			progressbar.OptionFullWidth(), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	if b.shown != nil {
		b.shown.Set(done)
		return
	}
	if time.Since(b.last) >= lineEvery {
		b.last = time.Now()
		fmt.Fprintf(b.out, "%s: %d of %d images, %.0f a second\n", b.what, done, of, float64(done)/time.Since(b.start).Seconds())
	}
}

// close takes the bar off the terminal.
func (b *bar) close() {
	if b.shown != nil {
		b.shown.Clear()
	}
}
