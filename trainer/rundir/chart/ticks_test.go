package chart

import (
	"fmt"
	"math"
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

// Whatever the numbers are, an axis has a few ticks, all finite.
func TestFitOfExtremeNumbers(t *testing.T) {
	for _, c := range [][2]float64{
		{-1e308, 1e308}, {5e-324, 1}, {0, 5e-324}, {1e16, 1e16 + 2}, {1e308, 1e308}, {-1e-300, 1e300}, {0, 0},
	} {
		a := Axes{Low: c[0], High: c[1], Height: 120}
		ticks := a.Fit()
		if len(ticks) < 2 || len(ticks) > 12 || !(a.Low < a.High) {
			t.Errorf("%g to %g: %v", c[0], c[1], ticks)
		}
		for _, v := range ticks {
			if y := a.Y(v); math.IsNaN(y) || math.IsInf(y, 0) {
				t.Errorf("%g to %g: %g is drawn at %g", c[0], c[1], v, y)
			}
		}
	}
}
