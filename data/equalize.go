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
		s.Image = s.Image.equalized()
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

// equalized is the 8-bit grey image with each level v moved to the share of pixels up to v, the darkest to 0.
func (m Image) equalized() Image {
	var count, level [256]int
	for _, v := range m.Pix {
		count[v]++
	}
	below, darkest := 0, 0
	for v, n := range count {
		if below == 0 {
			darkest = n
		}
		below += n
		if rest := len(m.Pix) - darkest; rest > 0 && n > 0 {
			level[v] = ((below-darkest)*255 + rest/2) / rest
		}
	}
	out := NewImage(m.C, m.H, m.W, m.Bits)
	for i, v := range m.Pix {
		out.Pix[i] = uint16(level[v])
	}
	return out
}
