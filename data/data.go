// Package data reads labelled synthetic images and unlabelled real ones, streams them as batches, and writes refined
// images in the form of their source. It does not use torch.
package data

import (
	"fmt"

	"simgan/data/picture"
)

// Sample holds one image of a data set and its label. The label is nil if the data set has none.
type Sample struct {
	Name  string // path below the data set's root, with slashes; unique in the data set
	Image picture.Image
	Label []float32
	Text  []string // the values of Info.Text
}

// Info describes every sample of a data set.
type Info struct {
	Kind       string // the kind of its SPEC: "unityeyes", "folder", ...
	C, H, W    int
	Bits       int
	LabelNames []string // nil: no labels
	Text       []string `json:",omitempty"` // columns of text beside the labels, which refine carries along
	Classes    []int    `json:",omitempty"` // number of classes in each column of Text, 0: its values are no classes
}

// Labelled reports whether the images have labels: numbers or texts.
func (i Info) Labelled() bool { return i.LabelNames != nil || i.Text != nil }

// Labels returns how many labels an estimator can learn, and its outputs for them: one per number, and for a column of
// text that holds classes, one per class.
func (i Info) Labels() (labels, outputs int) {
	labels, outputs = len(i.LabelNames), len(i.LabelNames)
	for _, classes := range i.Classes {
		if classes > 0 {
			labels, outputs = labels+1, outputs+classes
		}
	}
	return labels, outputs
}

// GazeLabels names the labels of every gaze data set: the unit gaze vector in MPIIGaze's camera convention (x right,
// y down, z away from the camera). An eye that looks into the camera has (0, 0, -1).
var GazeLabels = []string{"gaze_x", "gaze_y", "gaze_z"}

// Dataset gives random access to images of one size. Several goroutines may call its methods at once.
type Dataset interface {
	Info() Info
	Len() int
	// Name returns Sample(i).Name without decoding.
	Name(i int) string
	// Sample decodes, crops and resizes image i. An error names the file, the fault and the way out.
	Sample(i int) (Sample, error)
	Close() error
}

// fits reports whether an image has the size and depth of the data set's.
func (i Info) fits(m picture.Image) bool {
	return m.C == i.C && m.H == i.H && m.W == i.W && m.Bits == i.Bits
}

// checkedSample returns image i of ds. An image of another size or depth than ds says is an error: batches have room
// for one form only.
func checkedSample(ds Dataset, i int) (Sample, error) {
	s, err := ds.Sample(i)
	if err != nil {
		return s, err
	}
	if m, info := s.Image, ds.Info(); !info.fits(m) {
		err = fmt.Errorf("%s: is %dx%dx%d (channels, height, width) of %d bits, not %dx%dx%d of %d: replace or remove it",
			s.Name, m.C, m.H, m.W, m.Bits, info.C, info.H, info.W, info.Bits)
	}
	return s, err
}

// described implements Info and Close for data sets that keep no file open.
type described struct{ info Info }

// Info describes the images.
func (d described) Info() Info { return d.info }

// eye returns the picture of an eye at the data set's size. path is its file.
func (d described) eye(path string, m picture.Image) (picture.Image, error) {
	if m.Bits != d.info.Bits {
		return m, fmt.Errorf("%s: has levels of %d bits: convert it to %d bits", path, m.Bits, d.info.Bits)
	}
	return m.Resize(d.info.H, d.info.W), nil
}

// Close does nothing.
func (described) Close() error { return nil }
