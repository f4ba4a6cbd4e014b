package chart

import (
	"fmt"
	"testing"
)

// Ranges and their ticks, by hand: steps of 1, 2, 2.5 or 5 times a power of ten, at least as long as a quarter of the
// range.
func TestFit(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
		log       bool
	}{
		{83, 100, "[80 85 90 95 100]", false},          // 17/4 -> 5
		{0.31, 0.47, "[0.3 0.35 0.4 0.45 0.5]", false}, // 0.04 -> 0.05
		{-1, 3, "[-1 0 1 2 3]", false},
		{7, 7, "[6 6.5 7 7.5 8]", false}, // 7 +- 0.7: 0.35 -> 0.5
		{0.003, 0.4, "[0.002 0.005 0.01 0.02 0.05 0.1 0.2 0.5]", true},
		{2, 90, "[2 5 10 20 50 100]", true},
		{3, 9e5, "[1 10 100 1000 1e+04 1e+05 1e+06]", true},
	} {
		a := Axes{Low: c.low, High: c.high}
		ticks := a.Fit()
		got := make([]string, len(ticks))
		for i, v := range ticks {
			got[i] = fmt.Sprintf("%.4g", v)
		}
		if fmt.Sprint(got) != c.want || a.Log != c.log || a.Low != ticks[0] || a.High != ticks[len(ticks)-1] {
			t.Errorf("%g to %g: %v from %g to %g, log %v; want %s", c.low, c.high, got, a.Low, a.High, a.Log, c.want)
		}
		if a.Low > c.low || a.High < c.high {
			t.Errorf("%g to %g: the axis spans %g to %g", c.low, c.high, a.Low, a.High)
		}
	}
}
