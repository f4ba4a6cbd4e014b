package data

import (
	"fmt"

	"simgan/data/picture"
)

// equalize wraps ds if the SPEC has equalize=true: grey levels are spread evenly over the whole range, as in MPIIGaze's
// normalised images.
func equalize(ds Dataset, s Spec, wanted bool) (Dataset, error) {
	if !wanted {
		return ds, nil
	}
	if info := ds.Info(); info.C != 1 || info.Bits != 8 {
		return nil, fmt.Errorf("data set %s: equalize=true is for grey images of 8 bits, not %d channel(s) of %d bits; "+
			"for a folder, add grey=true", s, info.C, info.Bits)
	}
	return &altered{Dataset: ds, alter: func(_ int, m picture.Image) picture.Image { return m.Equalize() }}, nil
}
