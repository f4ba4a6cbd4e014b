package data

import (
	"context"
	"errors"
	"fmt"
	"os"

	"simgan/data/picture"
)

// gazeH5 is an HDF5 file of Kaggle's 4quant/eye-gaze: gaze.h5 (UnityEyes, with look_vec) or real_gaze.h5 (MPIIGaze,
// without). It holds all eyes in memory, 2 kB per eye.
type gazeH5 struct {
	described
	eyes gazeH5Eyes
}

// gazeH5Eyes holds the file's images, ordered by the bytes of their names, which is the order of look_vec.
type gazeH5Eyes struct {
	names []string
	pix   []uint8     // GazeHeight rows of GazeWidth per eye
	gaze  [][]float32 // unit vectors in MPIIGaze's convention; nil if the file has none or the SPEC asks for none
}

// openGazeH5 opens gazeh5:FILE.h5[,size=HxW][,n=N][,labels=false]. n keeps the first N images.
func openGazeH5(ctx context.Context, s Spec) (Dataset, error) {
	if err := s.only("size", "n", "labels"); err != nil {
		return nil, err
	}
	h, w, err := s.gazeSize()
	first, nErr := s.images(0)
	labelled, flagErr := s.flag("labels", true)
	if err := errors.Join(err, nErr, flagErr); err != nil {
		return nil, err
	}
	switch info, err := os.Stat(s.Path); {
	case err != nil:
		return nil, fmt.Errorf("data set %s: %w", s, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("data set %s: %s is not a file; name gaze.h5 or real_gaze.h5 itself", s, s.Path)
	}
	eyes, err := readGazeH5(ctx, s.Path, first, labelled)
	if err != nil {
		return nil, fmt.Errorf("data set %s: %w", s, err)
	}
	if _, asked := s.Params["labels"]; asked && labelled && eyes.gaze == nil {
		return nil, fmt.Errorf("data set %s: %s has no data set look_vec: remove labels=true", s, s.Path)
	}
	d := &gazeH5{described{Info{Kind: s.Kind, C: 1, H: h, W: w, Bits: 8}}, eyes}
	if eyes.gaze != nil {
		d.info.LabelNames = GazeLabels
	}
	return d, nil
}

// Len returns the number of images.
func (d *gazeH5) Len() int { return len(d.eyes.names) }

// Name returns the path of image i in the file: image/ and the name of its data set.
func (d *gazeH5) Name(i int) string { return "image/" + d.eyes.names[i] }

// Sample returns image i with its gaze.
func (d *gazeH5) Sample(i int) (Sample, error) {
	const pixels = GazeHeight * GazeWidth
	m := picture.FromLevels(1, GazeHeight, GazeWidth, 8, d.eyes.pix[i*pixels:(i+1)*pixels])
	s := Sample{Name: d.Name(i), Image: m.Resize(d.info.H, d.info.W)}
	if d.eyes.gaze != nil {
		s.Label = append([]float32(nil), d.eyes.gaze[i]...)
	}
	return s, nil
}
