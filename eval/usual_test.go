package eval

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/data/picture"
	"simgan/trainer/config"
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

// A folder's evaluation fits the columns that differ between images, in synthetic and test images alike.
func TestFitting(t *testing.T) {
	folder := func(labels string) string {
		dir := t.TempDir()
		for _, name := range []string{"a", "b", "c"} {
			if err := picture.EncodePNG(filepath.Join(dir, name+".png"), picture.NewImage(1, 2, 2, 8)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(labels), 0o644); err != nil {
			t.Fatal(err)
		}
		return "folder:" + dir
	}
	all := folder("file,\"x, px\",set,class,y\na.png,1,7,left,1\nb.png,2,7,right,1\nc.png,2,7,left,3\n")
	for _, c := range []struct{ synthetic, test, want string }{
		{all, all, `regression --labels "x, px",y`},
		{all, folder("file,y,class\na.png,1,up\nb.png,2,down\nc.png,2,up\n"), "regression --labels y"},
		{all, folder("file,class\na.png,left\nb.png,right\nc.png,left\n"), "classification --labels class"},
		{all, folder("file,set,class\na.png,7,a\nb.png,7,b\nc.png,7,c\n"), "realism"},
		{all, "", "realism"},
		{all, "folder:/nowhere", "realism"},
		{"simulated:eyes", "", "realism"},
		{"simulated:eyes", "simulated:eyes,domain=real", "gaze"},
	} {
		if got := strings.Join(Fitting(config.Data{Synthetic: c.synthetic, Test: c.test}), " "); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.synthetic, c.test, got, c.want)
		}
	}
	gaze := folder("file,gaze_x,gaze_y,gaze_z\na.png,0,0,-1\nb.png,0.6,0,-0.8\nc.png,0,0.6,-0.8\n")
	if got := Fitting(config.Data{Synthetic: gaze, Test: gaze}); !slices.Equal(got, []string{"gaze"}) {
		t.Errorf("a folder of gaze: %v", got)
	}
}
