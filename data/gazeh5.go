package data

import (
	"context"
	"errors"
	"fmt"
	"os"

	"simgan/data/picture"
)

// gazeH5 is an HDF5 file of Kaggle's 4quant/eye-gaze, held in memory, 2 kB an eye: gaze.h5 (UnityEyes, with look_vec) or
// real_gaze.h5 (MPIIGaze, without).
type gazeH5 struct {
	info Info
	eyes gazeH5Eyes
}

// gazeH5Eyes is what of such a file is used: images in the order of their names' bytes, which is look_vec's order.
type gazeH5Eyes struct {
	names []string
	pix   []uint8     // GazeHeight rows of GazeWidth an eye
	gaze  [][]float32 // unit vectors in MPIIGaze's convention; nil where there are none or none are wanted
}

// openGazeH5 opens gazeh5:FILE.h5[,size=HxW][,n=N][,labels=false]; n takes the first N images.
func openGazeH5(ctx context.Context, s Spec) (Dataset, error) {
	if err := s.only("size", "n", "labels"); err != nil {
		return nil, err
	}
	h, w, err := s.gazeSize()
	first, nErr := s.integer("n", 0)
	labelled, flagErr := s.flag("labels", true)
	if err := errors.Join(err, nErr, flagErr); err != nil {
		return nil, err
	}
	switch info, err := os.Stat(s.Path); {
	case err != nil:
		return nil, fmt.Errorf("data set %s: %w", s, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("data set %s: %s is no file; name gaze.h5 or real_gaze.h5 itself", s, s.Path)
	}
	eyes, err := readGazeH5(ctx, s.Path, first, labelled)
	if err != nil {
		return nil, fmt.Errorf("data set %s: %w", s, err)
	}
	if _, asked := s.Params["labels"]; asked && labelled && eyes.gaze == nil {
		return nil, fmt.Errorf("data set %s: %s has no data set look_vec: leave labels=true out", s, s.Path)
	}
	d := &gazeH5{info: Info{Kind: s.Kind, C: 1, H: h, W: w, Bits: 8}, eyes: eyes}
	if eyes.gaze != nil {
		d.info.LabelNames = GazeLabels
	}
	return d, nil
}

// Info describes the images.
func (d *gazeH5) Info() Info { return d.info }

// Len is the number of images.
func (d *gazeH5) Len() int { return len(d.eyes.names) }

// Name is the image's place in the file: image/ and its data set's name.
func (d *gazeH5) Name(i int) string { return "image/" + d.eyes.names[i] }

// Sample is image i with its gaze.
func (d *gazeH5) Sample(i int) (Sample, error) {
	const pixels = GazeHeight * GazeWidth
	m := picture.FromLevels(1, GazeHeight, GazeWidth, 8, d.eyes.pix[i*pixels:(i+1)*pixels])
	s := Sample{Name: d.Name(i), Image: m.Resize(d.info.H, d.info.W)}
	if d.eyes.gaze != nil {
		s.Label = append([]float32(nil), d.eyes.gaze[i]...)
	}
	return s, nil
}

// Close does nothing: the file was closed when it was read.
func (d *gazeH5) Close() error { return nil }
