package data

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"simgan/data/picture"
)

// mostLevel is the highest level of 16 bits.
const mostLevel = math.MaxUint16

// spread wraps ds if the SPEC has range=LOW:HIGH, in levels of 16 bits: they are spread over the whole range, so that
// they are pixels from -1 to 1. A depth sensor's millimetres fill a small part of it. Levels outside are cut off.
// Refined images are written in the source's own levels.
func spread(ds Dataset, s Spec, text string) (Dataset, error) {
	if text == "" {
		return ds, nil
	}
	lowText, highText, both := strings.Cut(text, ":")
	low, lowErr := strconv.ParseFloat(lowText, 64)
	high, highErr := strconv.ParseFloat(highText, 64)
	switch {
	case ds.Info().Bits != 16:
		return nil, fmt.Errorf("data set %s: range=%s is for images of 16 bits, not %d", s, text, ds.Info().Bits)
	case !both || lowErr != nil || highErr != nil || !(low >= 0 && low < high && high <= mostLevel):
		return nil, fmt.Errorf("data set %s: range=%s: write LOW:HIGH, for example range=500:1000, between 0 and %d",
			s, text, mostLevel)
	}
	return &altered{
		Dataset: ds,
		alter: func(_ int, m picture.Image) picture.Image {
			return mapLevels(m, func(v float64) float64 { return (v - low) / (high - low) * mostLevel })
		},
		undo: func(m picture.Image) picture.Image {
			return mapLevels(m, func(v float64) float64 { return low + v/mostLevel*(high-low) })
		},
	}, nil
}

// mapLevels returns the image with f of each level, rounded and cut off at the ends of the range.
func mapLevels(m picture.Image, f func(float64) float64) picture.Image {
	out := picture.NewImage(m.C, m.H, m.W, m.Bits)
	for i, v := range m.Pix {
		out.Pix[i] = uint16(math.Round(min(max(f(float64(v)), 0), mostLevel)))
	}
	return out
}
