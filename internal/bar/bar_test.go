package bar

import (
	"strings"
	"testing"
	"time"
)

// Without a terminal there is a line per interval, with rate and time left. 10 units in 5 s are 2 per second, so that
// the 90 that are left take 45 s.
func TestPlainLines(t *testing.T) {
	var out strings.Builder
	b := New(&out, "refining", "images")
	b.Set(0, 100)
	b.Set(1, 100)
	if out.Len() > 0 {
		t.Errorf("a line within the first interval: %q", out.String())
	}
	b.start, b.last = time.Now().Add(-5*time.Second), time.Now().Add(-lineEvery)
	b.Set(10, 100)
	b.Set(11, 100)
	if got, want := out.String(), "refining: 10 of 100 images, 2 per second, 45s left\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Work that continues counts the rate from where it continued.
func TestRateOfContinuedWork(t *testing.T) {
	b := New(&strings.Builder{}, "packing", "images")
	b.Set(80, 100)
	b.start = time.Now().Add(-5 * time.Second)
	b.Set(90, 100)
	if got, want := b.line(100), "packing: 90 of 100 images, 2 per second, 5s left"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Numbers that come late from another goroutine do not move the bar back.
func TestLateNumbers(t *testing.T) {
	b := New(&strings.Builder{}, "packing", "images")
	for _, done := range []int{3, 5, 4} {
		b.Set(done, 10)
	}
	if b.done != 5 {
		t.Errorf("%d are done, want 5", b.done)
	}
}
