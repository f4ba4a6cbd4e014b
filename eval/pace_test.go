package eval

import (
	"testing"

	"simgan/data"
)

// Without judgements the rate stays for two thirds of the steps, then falls linearly.
func TestPaceOfAllSteps(t *testing.T) {
	p := newPace(90)
	for step, want := range map[int]float64{0: 1, 59: 1, 60: 30.0 / 31, 75: 15.0 / 31, 89: 1.0 / 31} {
		if got := p.rate(step); got != want {
			t.Errorf("step %d: rate %v, want %v", step, got, want)
		}
	}
	if one := newPace(1); one.end != 1 || one.rate(0) != 1 {
		t.Errorf("one step: %+v, rate %v", one, one.rate(0))
	}
}

// The error falls until step 100 and then gains less than 1 %: after four judgements the decay begins.
func TestPaceStopsWhenTheErrorStaysUp(t *testing.T) {
	p := newPace(1500)
	for step := range 1500 {
		if !p.checks(step) {
			continue
		}
		p.judge(step, max(10-float64(step+1)/20, 5-float64(step)/1e6))
	}
	if p.decay != 300 || p.end != 450 {
		t.Errorf("decay from %d to %d, want 300 to 450", p.decay, p.end)
	}
}

// Every version of a held-out scene is held out; nothing is on both sides.
func TestSplitKeepsScenesTogether(t *testing.T) {
	one := set{&data.Batch{N: 200, C: 1, H: 1, W: 1, Bits: 8, Levels: make([]byte, 200), Index: make([]int, 200)}, 200}
	for i := range one.Levels {
		one.Levels[i] = byte(i)
	}
	d := one.repeated(3)
	for v := range 3 {
		copy(d.Levels[v*200:], one.Levels)
	}
	learned, held := d.split(1, true)
	if len(learned) != 540 || held.N != 20 {
		t.Fatalf("%d images to learn from, %d held out", len(learned), held.N)
	}
	seen := map[byte]int{}
	for _, i := range learned {
		seen[d.Levels[i]]++
	}
	for _, level := range held.Levels {
		if seen[level] != 0 {
			t.Errorf("scene %d is held out and learned from", level)
		}
	}
	if learned, held := one.choose(learned[:150]).split(1, true); len(learned) != 150 || held.Batch != nil {
		t.Errorf("150 scenes: %d to learn from", len(learned))
	}
	if learned, held := d.split(1, false); len(learned) != 600 || held.Batch != nil {
		t.Errorf("nothing is to be held out: %d to learn from", len(learned))
	}
}
