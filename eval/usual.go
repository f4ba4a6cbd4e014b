package eval

import "strings"

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
