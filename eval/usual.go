package eval

import (
	"slices"
	"strings"

	"simgan/data"
)

// Usual returns the evaluation that belongs to the labels of a SPEC's kind, gaze or hand; "" if the kind does not say.
func Usual(spec string) string {
	kind, _, _ := strings.Cut(spec, ":")
	switch {
	case strings.HasPrefix(spec, "simulated:hands"), kind == "nyu":
		return "hand"
	case strings.HasPrefix(spec, "simulated:eyes"), kind == "mpiigaze", kind == "gazeh5", strings.HasSuffix(kind, "eyes"),
		kind == "unityeyes2":
		return "gaze"
	}
	return ""
}

// Fitting returns the evaluation that belongs to a SPEC's kind or, if the kind does not say, fits the labels of the
// data set, which it opens for that; "" if there is nothing to learn.
func Fitting(spec string) string {
	if usual := Usual(spec); usual != "" {
		return usual
	}
	ds, err := data.Open(spec)
	if err != nil {
		return ""
	}
	defer ds.Close()
	switch info := ds.Info(); {
	case slices.Equal(info.LabelNames, data.GazeLabels):
		return "gaze"
	case info.LabelNames != nil:
		return "regression"
	case info.Text != nil:
		return "classification"
	}
	return ""
}
