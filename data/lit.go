package data

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"simgan/data/adapt"
	"simgan/data/picture"
)

// mostLight is the gain from which on half of an image may be black.
const mostLight = 1

// light wraps ds if the SPEC has light=GAIN: the levels of each image are multiplied by a plane that rises in a random
// direction, the same for an image in every call.
func light(ds Dataset, s Spec, text string) (Dataset, error) {
	if text == "" {
		return ds, nil
	}
	gain, err := strconv.ParseFloat(text, 64)
	if err != nil || !(gain >= 0 && gain <= mostLight) {
		return nil, fmt.Errorf("data set %s: light=%s; use a gain from 0 to %d", s, text, mostLight)
	}
	if bits := ds.Info().Bits; bits != 8 {
		return nil, fmt.Errorf("data set %s: light is for images of 8 bits, not of %d: depths have no light", s, bits)
	}
	a := adapt.Adaptation{Tone: adapt.Keep, Light: gain}
	return &altered{Dataset: ds, alter: func(i int, m picture.Image) picture.Image {
		return a.Apply(m, m, rand.New(rand.NewPCG(uint64(i), 0)))
	}}, nil
}
