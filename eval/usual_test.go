package eval

import "testing"

func TestUsual(t *testing.T) {
	for spec, want := range map[string]string{
		"unityeyes:renders": "gaze", "unityeyes2:r,size=35x55": "gaze", "syntheseyes:x": "gaze", "mpiigaze:/d,labels=false": "gaze",
		"simulated:eyes,n=8": "gaze", "simulated:hands,n=8": "hand", "nyu:/d": "hand", "folder:eyes": "", "pack:p": "", "": "",
	} {
		if got := Usual(spec); got != want {
			t.Errorf("%s: %q, want %q", spec, got, want)
		}
	}
}
