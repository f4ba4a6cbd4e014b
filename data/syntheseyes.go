package data

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"simgan/data/picture"
)

// synthesEyes is a folder of SynthesEyes: f01_<id>_<pitch>_<yaw>.png, angles in radians.
type synthesEyes struct {
	described
	root   string
	names  []string
	labels [][]float32
}

// openSynthesEyes opens syntheseyes:PATH[,size=HxW]. The crop keeps the picture's full width at the aspect 55:35: in
// 120 x 80 pictures the fissure fills the same part of the width as in MPIIGaze.
func openSynthesEyes(s Spec) (Dataset, error) {
	info, err := s.gazeInfo("size")
	if err != nil {
		return nil, err
	}
	d := &synthesEyes{described: described{info}, root: s.Path}
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

// synthesEyesLabel reads the gaze from a file name in MPIIGaze's convention: positive pitch is up, positive yaw is to
// the image's left. It ignores the variant suffix of refined images.
func synthesEyesLabel(name string) ([]float32, error) {
	stem := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	parts := strings.Split(variantSuffix.ReplaceAllString(stem, ""), "_")
	if len(parts) == 4 {
		pitch, err := strconv.ParseFloat(parts[2], 64)
		yaw, yawErr := strconv.ParseFloat(parts[3], 64)
		if err == nil && yawErr == nil && math.Abs(pitch) <= math.Pi/2 && math.Abs(yaw) <= math.Pi {
			x, y, z := -math.Cos(pitch)*math.Sin(yaw), -math.Sin(pitch), -math.Cos(pitch)*math.Cos(yaw)
			return gazeLabel([3]float64{x, y, z}), nil
		}
	}
	return nil, fmt.Errorf("%s: is not named as in SynthesEyes, f01_<id>_<pitch>_<yaw>.png with angles in radians", name)
}

// Len returns the number of images.
func (d *synthesEyes) Len() int { return len(d.names) }

// Name returns the path of image i below the folder.
func (d *synthesEyes) Name(i int) string { return d.names[i] }

// Sample decodes image i as grey.
func (d *synthesEyes) Sample(i int) (Sample, error) {
	path := filepath.Join(d.root, d.names[i])
	m, err := picture.Decode(path)
	if err != nil {
		return Sample{}, err
	}
	h := min(m.H, int(math.Round(float64(m.W)*GazeHeight/GazeWidth)))
	image, err := d.eye(path, m.Grey().Crop(0, (m.H-h)/2, m.W, h))
	return Sample{Name: d.names[i], Image: image, Label: d.labels[i]}, err
}
