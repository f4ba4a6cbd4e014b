package data

import (
	"errors"
	"fmt"
)

// equalized is a data set whose images' grey levels are spread evenly over all levels, as those of MPIIGaze's normalised
// images are.
type equalized struct{ Dataset }

// equalize wraps ds where the SPEC has equalize=true.
func equalize(ds Dataset, s Spec) (Dataset, error) {
	if info := ds.Info(); info.C != 1 || info.Bits != 8 {
		ds.Close()
		return nil, fmt.Errorf("data set %s: equalize=true is for grey images of 8 bits, not %d channel(s) of %d bits; a folder takes grey=true too", s, info.C, info.Bits)
	}
	return equalized{ds}, nil
}

// Sample is image i, equalised.
func (d equalized) Sample(i int) (Sample, error) {
	s, err := d.Dataset.Sample(i)
	if err == nil {
		s.Image = s.Image.Equalize()
	}
	return s, err
}

// WriteLabels writes the label files of the data set's own form; ErrUnsupported where it has none.
func (d equalized) WriteLabels(dir string, images []Refined) error {
	if own, ok := d.Dataset.(LabelWriter); ok {
		return own.WriteLabels(dir, images)
	}
	return errors.ErrUnsupported
}
