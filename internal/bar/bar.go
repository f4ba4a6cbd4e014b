// Package bar shows how far a job is.
package bar

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// Times between two lines if the output is no terminal, and between two drawings if it is one. Lines of a long job are
// farther apart: a lineShare of the time that has passed.
const (
	lineEvery = 10 * time.Second
	lineShare = 20
	drawEvery = 200 * time.Millisecond
)

// Bar shows how far a job is, its rate, the time that has passed and the time that is left: a bar on a terminal, a
// plain line now and then elsewhere. Several goroutines may use it.
type Bar struct {
	Left func() string // what is shown of the time left; nil: an estimate from the mean rate

	out   io.Writer
	what  string // is done, as "refining"
	unit  string // of what is counted, as "images"
	mu    sync.Mutex
	drawn bool // the bar is on the terminal's line
	done  int  // -1 before Set
	start time.Time
	first int // done at the start
	last  time.Time
}

// New returns a bar that counts units of what is done. It shows nothing before Set.
func New(out io.Writer, what, unit string) *Bar {
	return &Bar{out: out, what: what, unit: unit, done: -1}
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
	onTerminal, now := IsTerminal(b.out), time.Now()
	if b.done < 0 {
		b.start, b.first = now, done
		if !onTerminal {
			b.last = now
		}
	}
	b.done = done
	switch since := now.Sub(b.last); {
	case onTerminal && since >= drawEvery:
		b.last, b.drawn = now, true
		fmt.Fprintf(raw(b.out), "\r%s\x1b[K", b.draw(total, width(b.out)))
	case !onTerminal && since >= max(lineEvery, now.Sub(b.start)/lineShare):
		b.last = now
		fmt.Fprintf(b.out, "%s: %s\n", b.what, strings.Join(b.parts(total), ", "))
	}
}

// parts returns what is known of the job: count, share, rate, times.
func (b *Bar) parts(total int) []string {
	parts := []string{fmt.Sprintf("%d/%d %s", b.done, total, b.unit)}
	if total > 0 {
		parts[0] += fmt.Sprintf(" (%d %%)", 100*b.done/total)
	}
	elapsed := time.Since(b.start)
	rate := float64(b.done-b.first) / elapsed.Seconds()
	if b.done == b.first || elapsed <= 0 {
		return parts
	}
	parts = append(parts, fmt.Sprintf("%.3g/s", rate), "elapsed "+elapsed.Round(time.Second).String())
	if b.Left == nil {
		left := time.Duration(float64(total-b.done) / rate * float64(time.Second))
		return append(parts, "left "+left.Round(time.Second).String())
	}
	if left := b.Left(); left != "" {
		parts = append(parts, left)
	}
	return parts
}

// mostBlocks is the largest length of the bar itself.
const mostBlocks = 40

// draw returns the bar in less than a number of columns.
func (b *Bar) draw(total, columns int) string {
	text := b.what + "  " + strings.Join(b.parts(total), "  ")
	blocks := min(mostBlocks, columns-utf8.RuneCountInString(text)-3)
	if blocks < 5 || total <= 0 {
		runes := []rune(text)
		return string(runes[:max(0, min(len(runes), columns-1))])
	}
	full := min(blocks, blocks*b.done/total)
	return b.what + " " + strings.Repeat("█", full) + strings.Repeat("░", blocks-full) + text[len(b.what)+1:]
}

// width returns the columns of a terminal.
func width(out io.Writer) int {
	if f, ok := raw(out).(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 80
}

// Describe changes what is done.
func (b *Bar) Describe(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.what = what
}

// Clear takes the bar off the terminal's line, for other text or at the end.
func (b *Bar) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn {
		b.drawn, b.last = false, time.Time{}
		fmt.Fprint(raw(b.out), "\r\x1b[K")
	}
}
