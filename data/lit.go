package data

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"

	"simgan/data/adapt"
)

// lit is a data set whose images are lit from one side each: levels are multiplied by a plane that rises in a random
// direction, the same for an image in every call.
type lit struct {
	Dataset
	light adapt.Adaptation
}

// mostLight is the gain from which on half of an image may be black.
const mostLight = 1

// light wraps ds if the SPEC has light=GAIN.
func light(ds Dataset, s Spec, text string) (Dataset, error) {
	if text == "" {
		return ds, nil
	}
	gain, err := strconv.ParseFloat(text, 64)
	if err != nil || !(gain >= 0 && gain <= mostLight) {
		return nil, fmt.Errorf("data set %s: light=%s; use a gain from 0 to %d", s, text, mostLight)
	}
	if ds.Info().Bits != 8 {
		return nil, fmt.Errorf("data set %s: light is for images of 8 bits, not of %d: depths have no light", s, ds.Info().Bits)
	}
	return lit{ds, adapt.Adaptation{Tone: adapt.Keep, Light: gain}}, nil
}

// Sample returns image i, lit.
func (d lit) Sample(i int) (Sample, error) {
	s, err := d.Dataset.Sample(i)
	if err == nil {
		s.Image = d.light.Apply(s.Image, s.Image, rand.New(rand.NewPCG(uint64(i), 0)))
	}
	return s, err
}

// WriteLabels writes label files in the data set's own form. It returns errors.ErrUnsupported if there is none.
func (d lit) WriteLabels(dir string, images []Refined) error {
	if own, ok := d.Dataset.(LabelWriter); ok {
		return own.WriteLabels(dir, images)
	}
	return errors.ErrUnsupported
}
