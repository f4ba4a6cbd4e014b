package data

import (
	"errors"

	"simgan/data/picture"
)

// altered is a data set whose images are changed as they are read, by a key of its SPEC: equalize, light, brightness,
// range or holes.
type altered struct {
	Dataset
	alter func(i int, m picture.Image) picture.Image
	undo  func(m picture.Image) picture.Image // gives a refined image the levels of the data set's files; nil: it has them
}

// Sample returns image i, changed.
func (d *altered) Sample(i int) (Sample, error) {
	s, err := d.Dataset.Sample(i)
	if err == nil {
		s.Image = d.alter(i, s.Image)
	}
	return s, err
}

// WriteLabels writes label files in the data set's own form. It returns errors.ErrUnsupported if there is none.
func (d *altered) WriteLabels(dir string, images []Refined) error {
	if own, ok := d.Dataset.(LabelWriter); ok {
		return own.WriteLabels(dir, images)
	}
	return errors.ErrUnsupported
}

// original returns an image in the levels of the data set's files.
func original(ds Dataset, m picture.Image) picture.Image {
	switch d := ds.(type) {
	case *altered:
		if d.undo != nil {
			m = d.undo(m)
		}
		return original(d.Dataset, m)
	case *subset:
		return original(d.Dataset, m)
	}
	return m
}
