package eval

import (
	"slices"
	"testing"
)

// By hand: whole pixels move the image, half pixels mix neighbours, the border is repeated.
func TestShift(t *testing.T) {
	src := []float32{
		1, 2, 4,
		8, 16, 32,
	}
	for _, c := range []struct {
		dx, dy float64
		want   []float32
	}{
		{0, 0, src},
		{1, 0, []float32{1, 1, 2, 8, 8, 16}},
		{-1, -1, []float32{16, 32, 32, 16, 32, 32}},
		{0.5, 0, []float32{1, 1.5, 3, 8, 12, 24}},
		{0, -0.25, []float32{1 + 7.0/4, 2 + 14.0/4, 4 + 28.0/4, 8, 16, 32}},
	} {
		got := make([]float32, len(src))
		shift(got, src, 2, 3, c.dx, c.dy)
		if !slices.Equal(got, c.want) {
			t.Errorf("by %v, %v: %v, want %v", c.dx, c.dy, got, c.want)
		}
	}
}
