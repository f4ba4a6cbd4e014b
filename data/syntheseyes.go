package data

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"simgan/data/picture"
)

// synthesEyes is a folder of SynthesEyes: f01_<id>_<pitch>_<yaw>.png, angles in radians.
type synthesEyes struct {
	info   Info
	root   string
	names  []string
	labels [][]float32
}

// openSynthesEyes opens syntheseyes:PATH[,size=HxW]. The window is the picture's whole field of view at the aspect of
// 55:35: in 120 x 80 pictures the fissure is as large a part of the width as in MPIIGaze's.
func openSynthesEyes(s Spec) (Dataset, error) {
	if err := errors.Join(s.only("size"), needFolder(s)); err != nil {
		return nil, err
	}
	h, w, err := s.gazeSize()
	if err != nil {
		return nil, err
	}
	d := &synthesEyes{root: s.Path, info: Info{Kind: s.Kind, C: 1, H: h, W: w, Bits: 8, LabelNames: GazeLabels}}
	if d.names, err = imageFiles(s.Path); err != nil {
		return nil, err
	}
	if len(d.names) == 0 {
		return nil, fmt.Errorf("data set %s: no PNG file in %s", s, s.Path)
	}
	for _, name := range d.names {
		label, err := synthesEyesLabel(name)
		if err != nil {
			return nil, fmt.Errorf("data set %s: %w", s, err)
		}
		d.labels = append(d.labels, label)
	}
	return d, nil
}

// synthesEyesLabel reads the gaze out of a file name: pitch up positive, yaw to the image's left positive, which is
// MPIIGaze's convention. Refined images have a variant's suffix, which is passed over.
func synthesEyesLabel(name string) ([]float32, error) {
	stem := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	parts := strings.Split(variantSuffix.ReplaceAllString(stem, ""), "_")
	if len(parts) == 4 {
		pitch, err := strconv.ParseFloat(parts[2], 64)
		yaw, yawErr := strconv.ParseFloat(parts[3], 64)
		if err == nil && yawErr == nil && math.Abs(pitch) <= math.Pi/2 && math.Abs(yaw) <= math.Pi {
			return gazeLabel([3]float64{-math.Cos(pitch) * math.Sin(yaw), -math.Sin(pitch), -math.Cos(pitch) * math.Cos(yaw)}), nil
		}
	}
	return nil, fmt.Errorf("%s: is no name of SynthesEyes, f01_<id>_<pitch>_<yaw>.png with angles in radians", name)
}

// Info describes the images.
func (d *synthesEyes) Info() Info { return d.info }

// Len is the number of images.
func (d *synthesEyes) Len() int { return len(d.names) }

// Name is the file's name.
func (d *synthesEyes) Name(i int) string { return d.names[i] }

// Close does nothing: no file stays open.
func (d *synthesEyes) Close() error { return nil }

// Sample decodes image i, grey.
func (d *synthesEyes) Sample(i int) (Sample, error) {
	m, err := picture.Decode(filepath.Join(d.root, d.names[i]))
	if err != nil {
		return Sample{}, err
	}
	h := min(m.H, int(math.Round(float64(m.W)*GazeHeight/GazeWidth)))
	crop := m.Grey().Crop(0, (m.H-h)/2, m.W, h)
	return Sample{Name: d.names[i], Image: crop.Resize(d.info.H, d.info.W), Label: d.labels[i]}, nil
}
