package data

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"simgan/data/adapt"
	"simgan/data/picture"
)

// drawn is a change of images whose strength is drawn for each image, up to the value of a key of the SPEC.
type drawn struct {
	key, what string  // what says what the value is
	most      float64 // greatest value
	bits      int     // of the images that it suits
	why       string  // why others are refused
	upTo      func(value float64) adapt.Adaptation
}

var (
	// lit images are multiplied by a plane that rises in a random direction. From 1 on half of an image may be black.
	lit = drawn{"light", "a gain", 1, 8, "depths have no light", func(v float64) adapt.Adaptation {
		return adapt.Adaptation{Tone: adapt.Keep, Light: v}
	}}
	// holed depths lose discs.
	holed = drawn{"holes", "a share", 0.5, 16, "only depths can be missing", func(v float64) adapt.Adaptation {
		return adapt.Adaptation{Tone: adapt.Keep, Holes: v}
	}}
)

// of wraps ds if the SPEC has the key, with this value. An image is changed in the same way in every call.
func (d drawn) of(ds Dataset, s Spec, text string) (Dataset, error) {
	if text == "" {
		return ds, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(value >= 0 && value <= d.most) {
		return nil, fmt.Errorf("data set %s: %s=%s; use %s from 0 to %g", s, d.key, text, d.what, d.most)
	}
	if bits := ds.Info().Bits; bits != d.bits {
		return nil, fmt.Errorf("data set %s: %s is for images of %d bits, not of %d: %s", s, d.key, d.bits, bits, d.why)
	}
	return &altered{Dataset: ds, alter: func(i int, m picture.Image) picture.Image {
		return d.change(m, value, i)
	}}, nil
}

// change returns m, image i of its set, changed by a strength that is drawn up to the value.
func (d drawn) change(m picture.Image, value float64, i int) picture.Image {
	return d.upTo(value).Apply(m, m, rand.New(rand.NewPCG(uint64(i), 0)))
}
