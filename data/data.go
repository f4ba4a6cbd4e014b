// Package data reads labelled synthetic and unlabelled real images, streams them as batches and writes refined ones
// back in the form they came in. It knows nothing of torch.
package data

import "simgan/data/picture"

// Sample is one image of a data set with its label, nil where the data set has none.
type Sample struct {
	Name  string // path relative to the data set's root, slashes, unique in the data set
	Image picture.Image
	Label []float32
}

// Info says what every sample of a data set looks like.
type Info struct {
	Kind       string // "unityeyes", "folder", ...: the kind of its SPEC
	C, H, W    int
	Bits       int
	LabelNames []string // nil: no labels
}

// GazeLabels names the label of every gaze data set: the unit gaze vector in MPIIGaze's camera convention
// (x right, y down, z away from the camera; an eye that looks into the camera has (0, 0, -1)).
var GazeLabels = []string{"gaze_x", "gaze_y", "gaze_z"}

// Dataset gives random access to images of one size. Its methods may be called from several goroutines at once.
type Dataset interface {
	Info() Info
	Len() int
	// Name is Sample(i).Name without decoding anything.
	Name(i int) string
	// Sample decodes, crops and resizes image i. Its error names the file, what is wrong with it and the way out.
	Sample(i int) (Sample, error)
	Close() error
}
