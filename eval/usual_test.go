package eval

import (
	"os"
	"path/filepath"
	"testing"

	"simgan/data/picture"
)

func TestUsual(t *testing.T) {
	for spec, want := range map[string]string{
		"unityeyes:renders": "gaze", "unityeyes2:r,size=35x55": "gaze", "syntheseyes:x": "gaze",
		"mpiigaze:/d,labels=false": "gaze", "simulated:eyes,n=8": "gaze", "simulated:hands,n=8": "hand", "nyu:/d": "hand",
		"folder:eyes": "", "pack:p": "", "": "",
	} {
		if got := Usual(spec); got != want {
			t.Errorf("%s: %q, want %q", spec, got, want)
		}
	}
}

// A folder's evaluation fits its labels.
func TestFitting(t *testing.T) {
	for labels, want := range map[string]string{
		"file,x\na.png,1\n": "regression", "file,class\na.png,left\n": "classification", "file\na.png\n": "",
		"file,gaze_x,gaze_y,gaze_z\na.png,0,0,-1\n": "gaze",
	} {
		dir := t.TempDir()
		if err := picture.EncodePNG(filepath.Join(dir, "a.png"), picture.NewImage(1, 2, 2, 8)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(labels), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := Fitting("folder:" + dir); got != want {
			t.Errorf("%q: %q, want %q", labels, got, want)
		}
	}
	if got := Fitting("folder:/nowhere"); got != "" {
		t.Errorf("nothing: %q", got)
	}
}
