//go:build hdf5

package data

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// openGaze opens a file of testdata/gazeh5, made by scripts/gazeh5.py.
func openGaze(t *testing.T, file string) Dataset {
	t.Helper()
	ds, err := Open("gazeh5:testdata/gazeh5/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// Values that h5py reads from gaze.h5 (`f['image'].values()`, `f['look_vec']`): the first levels of each image, the
// sums of levels, and the vectors with negated y.
func TestGazeH5(t *testing.T) {
	ds := openGaze(t, "gaze.h5")
	want := []struct {
		start []uint16
		sum   int
		gaze  []float64
	}{
		{[]uint16{0, 212, 174, 246}, 248134, []float64{0.2337964227988525, -0.43920092816268136, -0.8674340190397765}},
		{[]uint16{1, 158, 200, 217}, 241339, []float64{-0.3887308329248475, -0.19209464899446593, -0.9011037594868014}},
		{[]uint16{2, 208, 137, 156}, 247817, []float64{0.31739948489873576, -0.13372466862917684, -0.9388158924869318}},
	}
	if ds.Len() != len(want) || !slices.Equal(ds.Info().LabelNames, GazeLabels) {
		t.Fatalf("%d images, labels %v", ds.Len(), ds.Info().LabelNames)
	}
	for i, w := range want {
		s, err := ds.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, v := range s.Image.Pix {
			sum += int(v)
		}
		if s.Name != []string{"image/0000000", "image/0000001", "image/0000002"}[i] || s.Name != ds.Name(i) ||
			!slices.Equal(s.Image.Pix[:4], w.start) || sum != w.sum || s.Image.H != 35 || s.Image.W != 55 {
			t.Errorf("%s: %dx%d, starts with %v, sum %d", s.Name, s.Image.H, s.Image.W, s.Image.Pix[:4], sum)
		}
		for k, g := range w.gaze {
			if math.Abs(float64(s.Label[k])-g) > 1e-6 {
				t.Errorf("%s: gaze %v, not %v", s.Name, s.Label, w.gaze)
			}
		}
	}
}

// Opening stops when the context is cancelled, with its cause.
func TestGazeH5Stops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("stopped here")
	cancel(why)
	if _, err := OpenContext(ctx, "gazeh5:testdata/gazeh5/gaze.h5"); !errors.Is(err, why) {
		t.Errorf("opening went on: %v", err)
	}
}

// Without labels, with fewer images, at another size. real_gaze.h5 holds the images of gaze.h5 in reverse order.
func TestGazeH5Parameters(t *testing.T) {
	real, err := openGaze(t, "real_gaze.h5").Sample(0)
	if err != nil || real.Label != nil || real.Image.Pix[0] != 2 {
		t.Errorf("real_gaze.h5: label %v, first pixel %d: %v", real.Label, real.Image.Pix[0], err)
	}
	if ds := openGaze(t, "gaze.h5,n=2"); ds.Len() != 2 || ds.Info().LabelNames == nil {
		t.Errorf("n=2 gives %d images, labels %v", ds.Len(), ds.Info().LabelNames)
	}
	if ds := openGaze(t, "gaze.h5,labels=false"); ds.Info().LabelNames != nil {
		t.Error("labels=false has labels")
	}
	s, err := openGaze(t, "gaze.h5,size=36x60").Sample(1)
	if err != nil || s.Image.H != 36 || s.Image.W != 60 || len(s.Image.Pix) != 36*60 {
		t.Errorf("size=36x60 gives %dx%d: %v", s.Image.H, s.Image.W, err)
	}
	if ds := openGaze(t, "rows.h5,labels=false"); ds.Len() != 2 {
		t.Errorf("a bad look_vec makes labels=false fail: %d images", ds.Len())
	}
}

// Errors name the file, the data set and the fault.
func TestGazeH5BadInput(t *testing.T) {
	for file, want := range map[string]string{
		"absent.h5":                "no such file",
		"text.h5":                  "not an HDF5 file",
		"truncated.h5":             "truncated or damaged",
		"no-image.h5":              "has no group image",
		"stacked.h5":               "image is not a readable group",
		"empty.h5":                 "group image is empty",
		"shape.h5":                 "image/0000000: its shape is [55 35]",
		"scalar.h5":                "image/0000000: its shape is []",
		"float.h5":                 "image/0000000: its numbers are not uint8 (4 bytes",
		"signed.h5":                "image/0000000: its numbers are not uint8 (1 bytes",
		"rows.h5":                  "look_vec: its shape is [1 4], not [2 3]",
		"columns.h5":               "look_vec: its shape is [2 2]",
		"integers.h5":              "look_vec: its numbers are neither float32",
		"zero.h5":                  "look_vec: row 1: [0 0 -0] is not a direction",
		"nan.h5":                   "look_vec: row 0: [NaN NaN NaN] is not a direction",
		"gaze.h5,n=4":              "holds 3 images, fewer than n=4",
		"real_gaze.h5,labels=true": "no data set look_vec",
	} {
		_, err := Open("gazeh5:testdata/gazeh5/" + file)
		name, _, _ := strings.Cut(file, ",")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "gazeh5/"+name) {
			t.Errorf("%s: %v does not contain %q", file, err, want)
		}
	}
}
