package data

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// samples returns a path in the folder of real files beside the checkout. If it is absent, the test is skipped.
func samples(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "shared", "samples"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("real samples are absent: %v", err)
	}
	return path
}

// The crop of a written UnityEyes picture equals the simulator's
// own crop, apart from its rendering at another scale and JPEG.
func TestUnityEyesReadsBack(t *testing.T) {
	out := filepath.Join(t.TempDir(), "unity")
	if err := Simulate(t.Context(), "eyes", "synthetic", "unityeyes", 3, 8, out, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	want, err := Open("simulated:eyes,n=3,seed=8")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Open("unityeyes:" + out)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		w, err := want.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		g, err := got.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		difference := 0.0
		for k, v := range w.Image.Pix {
			difference += math.Abs(float64(v)-float64(g.Image.Pix[k])) / float64(len(w.Image.Pix))
		}
		if difference > 4 {
			t.Errorf("image %d differs by %.1f grey levels on average", i, difference)
		}
		for k := range w.Label {
			if math.Abs(float64(w.Label[k]-g.Label[k])) > 1e-3 {
				t.Errorf("image %d: gaze is %v, want %v", i, g.Label, w.Label)
			}
		}
	}
}

func TestUnityEyesRealLabels(t *testing.T) {
	for _, name := range []string{"1.json", "1_crlf_copy.json"} {
		l, err := readUnityEyes(samples(t, "unityeyes", "v1", name))
		if err != nil {
			t.Fatal(err)
		}
		// The file's first point is (371.4855, 296.4230, ...); the box spans 364.8002..489.8072 and 275.4666..357.7870.
		x, y := centre(l.margin)
		if len(l.margin) != 16 || math.Abs(x-427.3037) > 1e-3 || math.Abs(y-316.6268) > 1e-3 {
			t.Errorf("%s: %d points, centre (%v, %v)", name, len(l.margin), x, y)
		}
		length := math.Hypot(math.Hypot(float64(l.gaze[0]), float64(l.gaze[1])), float64(l.gaze[2]))
		if math.Abs(length-1) > 1e-5 {
			t.Errorf("%s: gaze %v is not a unit vector", name, l.gaze)
		}
	}
}

func TestUnityEyes2IsRefused(t *testing.T) {
	ds, err := Open("unityeyes:" + samples(t, "unityeyes", "v2"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ds.Sample(0); err == nil || !strings.Contains(err.Error(), "UnityEyes 2") {
		t.Errorf("error is %v", err)
	}
}

func TestUnityEyesBadInput(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "1.jpg"), "")
	if _, err := Open("unityeyes:" + dir); err == nil || !strings.Contains(err.Error(), "no N.jpg with N.json") {
		t.Errorf("pictures without labels: %v", err)
	}
	for text, want := range map[string]string{
		`{"interior`: "is not complete JSON",
		`{}`:         "is not a label of UnityEyes 1",
		`{"interior_margin_2d": ["(1, 2)"], "eye_details": {"look_vec": "(0, 0, -1, 0)"}}`:     "interior_margin_2d[0]",
		`{"interior_margin_2d": ["(1, 2, 3)"], "eye_details": {"look_vec": "(0, 0, NaN, 0)"}}`: "look_vec",
		`{"interior_margin_2d": ["(1, 2, 3)"], "eye_details": {"look_vec": "(0, 0, 0, 0)"}}`:   "not a direction",
	} {
		path := filepath.Join(dir, "1.json")
		write(t, path, text)
		_, err := readUnityEyes(path)
		refused(t, text, err, want)
		refused(t, text, err, path)
	}
}

func TestSynthesEyes(t *testing.T) {
	for name, want := range map[string][]float32{
		"f01_122_-0.0000_-0.0000.png": {0, 0, -1},
		"f01_9_0.0000_1.5708.png":     {-1, 0, 0},
		"f01_9_1.5707_0.0000.png":     {0, -1, 0},
	} {
		got, err := synthesEyesLabel(name)
		if err != nil {
			t.Fatal(err)
		}
		for k := range want {
			if math.Abs(float64(got[k]-want[k])) > 1e-4 {
				t.Errorf("%s: gaze %v, want %v", name, got, want)
			}
		}
	}
	for _, bad := range []string{"a.png", "f01_1_x_0.png", "f01_1_9_0.png"} {
		if _, err := synthesEyesLabel(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	ds, err := Open("syntheseyes:" + samples(t, "syntheseyes"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := LoadRange(t.Context(), ds, 0, ds.Len())
	if err != nil || b.N != 40 || b.C != 1 || b.H != 35 || b.W != 55 || len(b.Labels) != 120 {
		t.Errorf("%d images of %dx%dx%d, %d label values, %v", b.N, b.C, b.H, b.W, len(b.Labels), err)
	}
}

// The sample's values as scipy.io.loadmat reads them: left.image[2,10,20] = 12, right.image[7,3,50] = 106,
// left.gaze[4] = (-0.24694513, 0.09217641, -0.96463548), right.gaze[7] = (-0.17853477, 0.25305295, -0.95083623).
func TestMPIIGazeSample(t *testing.T) {
	ds, err := Open("mpiigaze:" + samples(t, "mpiigaze", "layout") + ",size=36x60")
	if err != nil {
		t.Fatal(err)
	}
	if ds.Len() != 40 || ds.Name(0) != "day01_constructed_compressed/0001_left" {
		t.Errorf("%d eyes, the first %s", ds.Len(), ds.Name(0))
	}
	left, err := ds.Sample(2)
	if err != nil || left.Image.Pix[10*60+20] != 12 {
		t.Errorf("left eye 2: %d, %v", left.Image.Pix[10*60+20], err)
	}
	right, err := ds.Sample(27)
	if err != nil || right.Image.Pix[3*60+59-50] != 106 {
		t.Errorf("right eye 7, mirrored: %d, %v", right.Image.Pix[3*60+59-50], err)
	}
	if math.Abs(float64(right.Label[0])-0.17853477) > 1e-6 || math.Abs(float64(right.Label[1])-0.25305295) > 1e-6 {
		t.Errorf("right gaze 7, mirrored: %v", right.Label)
	}
}

func TestMPIIGazeBadInput(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open("mpiigaze:" + dir); err == nil || !strings.Contains(err.Error(), "no .mat of a day") {
		t.Errorf("empty folder: %v", err)
	}
	day := filepath.Join(dir, "Data", "Normalized", "p00", "day01.mat")
	write(t, day, "not a mat file")
	if _, err := Open("mpiigaze:" + dir); err == nil || !strings.Contains(err.Error(), day) {
		t.Errorf("no .mat: %v", err)
	}
	header := make([]byte, 128)
	copy(header[124:], []byte{0, 1, 'I', 'M'})
	write(t, day, string(header))
	if _, err := Open("mpiigaze:" + dir); err == nil || !strings.Contains(err.Error(), "is not a day of MPIIGaze") {
		t.Errorf("a .mat of something else: %v", err)
	}
}
