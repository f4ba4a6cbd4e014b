package data

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"simgan/data/picture"
)

// ranged is a data set of 16 bits whose levels low to high are spread over the whole range, so that they are pixels from
// -1 to 1: a depth sensor's millimetres fill a small part of it. Levels outside are cut off.
type ranged struct {
	Dataset
	low, high float64
}

// mostLevel is the highest level of 16 bits.
const mostLevel = math.MaxUint16

// spread wraps ds if the SPEC has range=LOW:HIGH, in levels.
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
	return &ranged{ds, low, high}, nil
}

// Sample returns image i with its levels spread.
func (d *ranged) Sample(i int) (Sample, error) {
	s, err := d.Dataset.Sample(i)
	if err == nil {
		s.Image = mapLevels(s.Image, func(v float64) float64 { return (v - d.low) / (d.high - d.low) * mostLevel })
	}
	return s, err
}

// original undoes the spreading: refined images are written in the source's own levels.
func (d *ranged) original(m picture.Image) picture.Image {
	return mapLevels(m, func(v float64) float64 { return d.low + v/mostLevel*(d.high-d.low) })
}

// mapLevels returns the image with f of each level, rounded and cut off at the ends of the range.
func mapLevels(m picture.Image, f func(float64) float64) picture.Image {
	out := picture.NewImage(m.C, m.H, m.W, m.Bits)
	for i, v := range m.Pix {
		out.Pix[i] = uint16(math.Round(min(max(f(float64(v)), 0), mostLevel)))
	}
	return out
}

// WriteLabels writes label files in the data set's own form. It returns errors.ErrUnsupported if there is none.
func (d *ranged) WriteLabels(dir string, images []Refined) error {
	if own, ok := d.Dataset.(LabelWriter); ok {
		return own.WriteLabels(dir, images)
	}
	return errors.ErrUnsupported
}

// original returns an image in the levels of the data set's files.
func original(ds Dataset, m picture.Image) picture.Image {
	switch d := ds.(type) {
	case *ranged:
		return d.original(m)
	case *subset:
		return original(d.Dataset, m)
	}
	return m
}
