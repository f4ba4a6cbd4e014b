package data

import (
	"errors"
	"fmt"
)

// equalized is a data set whose grey levels are spread evenly over the whole range, as in MPIIGaze's normalised images.
type equalized struct{ Dataset }

// equalize wraps ds if the SPEC has equalize=true.
func equalize(ds Dataset, s Spec) (Dataset, error) {
	if info := ds.Info(); info.C != 1 || info.Bits != 8 {
		ds.Close()
		return nil, fmt.Errorf("data set %s: equalize=true is for grey images of 8 bits, not %d channel(s) of %d bits; "+
			"for a folder, add grey=true", s, info.C, info.Bits)
	}
	return equalized{ds}, nil
}

// Sample returns image i, equalised.
func (d equalized) Sample(i int) (Sample, error) {
	s, err := d.Dataset.Sample(i)
	if err == nil {
		s.Image = s.Image.Equalize()
	}
	return s, err
}

// WriteLabels writes label files in the data set's own form. It returns errors.ErrUnsupported if there is none.
func (d equalized) WriteLabels(dir string, images []Refined) error {
	if own, ok := d.Dataset.(LabelWriter); ok {
		return own.WriteLabels(dir, images)
	}
	return errors.ErrUnsupported
}
