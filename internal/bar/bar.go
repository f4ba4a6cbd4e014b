// Package bar shows how far a job is.
package bar

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// lineEvery is the time between two lines if the output is no terminal.
const lineEvery = 10 * time.Second

// Bar shows how far a job is: a bar with rate and time left on a terminal, a plain line now and then elsewhere. Several
// goroutines may use it.
type Bar struct {
	out   io.Writer
	what  string // is done, as "refining"
	unit  string // of what is counted, as "images"
	mu    sync.Mutex
	shown *progressbar.ProgressBar // nil without a terminal
	done  int
	start time.Time
	first int // done at the start
	last  time.Time
}

// New returns a bar that counts units of what is done. It shows nothing before Set.
func New(out io.Writer, what, unit string) *Bar {
	return &Bar{out: out, what: what, unit: unit, done: -1, last: time.Now()}
}

// Screen is an output that changes what is written to it. Bars are drawn on its Raw output, because they move the
// cursor.
type Screen interface{ Raw() io.Writer }

func raw(out io.Writer) io.Writer {
	if s, ok := out.(Screen); ok {
		return s.Raw()
	}
	return out
}

// IsTerminal reports whether out is a terminal.
func IsTerminal(out io.Writer) bool {
	f, ok := raw(out).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Set reports how many of how many units are done. Numbers that come late from another goroutine are passed over.
func (b *Bar) Set(done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if done < b.done {
		return
	}
	if b.done < 0 {
		b.start, b.first = time.Now(), done
		b.open(total)
	}
	b.done = done
	if b.shown != nil {
		b.shown.Set(done)
		return
	}
	if time.Since(b.last) >= lineEvery {
		b.last = time.Now()
		fmt.Fprintln(b.out, b.line(total))
	}
}

// open draws the bar, on a terminal.
func (b *Bar) open(total int) {
	if !IsTerminal(b.out) {
		return
	}
	b.shown = progressbar.NewOptions(total, progressbar.OptionSetWriter(raw(b.out)), progressbar.OptionSetDescription(b.what),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(b.unit),
		progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish())
}

// line returns the line that stands for the bar.
func (b *Bar) line(total int) string {
	rate := float64(b.done-b.first) / time.Since(b.start).Seconds()
	text := fmt.Sprintf("%s: %d of %d %s, %.3g per second", b.what, b.done, total, b.unit, rate)
	if rate > 0 {
		left := time.Duration(float64(total-b.done) / rate * float64(time.Second))
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return text
}

// Describe changes what is done.
func (b *Bar) Describe(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.what = what
	if b.shown != nil {
		b.shown.Describe(what)
	}
}

// Clear takes the bar off the terminal's line, for other text or at the end.
func (b *Bar) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown != nil {
		b.shown.Clear()
	}
}
