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
	if got, want := out.String(), "refining: 10/100 images (10 %), 2/s, elapsed 5s, left 45s\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Work that continues counts the rate from where it continued.
func TestRateOfContinuedWork(t *testing.T) {
	b := New(&strings.Builder{}, "packing", "images")
	b.Set(80, 100)
	b.start = time.Now().Add(-5 * time.Second)
	b.Set(90, 100)
	if got, want := strings.Join(b.parts(100), ", "), "90/100 images (90 %), 2/s, elapsed 5s, left 5s"; got != want {
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

// The bar fills the terminal's width and leaves out its blocks, then the end of its text, if there is no room.
func TestBarFits(t *testing.T) {
	b := New(&strings.Builder{}, "train", "steps")
	b.Set(0, 200)
	b.start = time.Now().Add(-5 * time.Second)
	b.Set(50, 200)
	for columns, want := range map[int]string{
		120: "train " + strings.Repeat("█", 10) + strings.Repeat("░", 30) + " 50/200 steps (25 %)  10/s  elapsed 5s  left 15s",
		65:  "train ██░░░░░░ 50/200 steps (25 %)  10/s  elapsed 5s  left 15s",
		60:  "train  50/200 steps (25 %)  10/s  elapsed 5s  left 15s",
		20:  "train  50/200 steps",
	} {
		if got := b.draw(200, columns); got != want {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}
