package data

import (
	"fmt"
	"math"
	"strconv"

	"simgan/data/picture"
)

// Bounds of brightness=FACTOR. Beyond them hardly a level is left.
const leastBrightness, mostBrightness = 0.1, 10

// brighten wraps ds if the SPEC has brightness=FACTOR: all levels are multiplied by the factor, and cut off at the
// highest.
func brighten(ds Dataset, s Spec, text string) (Dataset, error) {
	if text == "" {
		return ds, nil
	}
	factor, err := strconv.ParseFloat(text, 64)
	if err != nil || !(factor >= leastBrightness && factor <= mostBrightness) {
		return nil, fmt.Errorf("data set %s: brightness=%s; use a factor from %g to %d",
			s, text, leastBrightness, mostBrightness)
	}
	if bits := ds.Info().Bits; bits != 8 {
		return nil, fmt.Errorf("data set %s: brightness is for images of 8 bits, not of %d: depths have none", s, bits)
	}
	return &altered{Dataset: ds, alter: func(_ int, m picture.Image) picture.Image {
		out := picture.NewImage(m.C, m.H, m.W, m.Bits)
		for i, v := range m.Pix {
			out.Pix[i] = uint16(brighter(float64(v), factor))
		}
		return out
	}}, nil
}

// brighter returns a level of 0 to 255 times the factor, rounded.
func brighter(level, factor float64) float64 { return math.Min(math.Round(level*factor), 255) }

// brightened returns the levels of 8-bit images after brightness=factor, as far as Overlap needs them.
func (l Levels) brightened(factor float64) (out Levels) {
	for level, share := range l.Histogram {
		out.Histogram[int(brighter(float64(level), factor))] += share
	}
	return out
}
