package data

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"simgan/data/picture"
)

// released writes frame n of the released form: an eye of 200 pixels around (300, 180 from the top) in camera a,
// another place in camera b.
func released(t *testing.T, dir string, n int) {
	t.Helper()
	camera := func(name string, x, y int) string {
		m := picture.NewImage(1, 480, 640, 8)
		for i := range m.Pix {
			if dx, dy := i%640-x, i/640-y; max(dx, -dx) <= 100 && max(dy, -dy) <= 40 {
				m.Pix[i] = 200
			}
		}
		if err := picture.EncodeJPEG(filepath.Join(dir, fmt.Sprintf("%d_%s.jpg", n, name)), m); err != nil {
			t.Fatal(err)
		}
		// iris at (0.002, 0.003, 0.05) m, looking along (-0.6, 0, -0.8) in Unity's frame
		return fmt.Sprintf(`"%s": {"interior_margin_2d": ["(%d, %d, 5)", "(%d, %d, 5)"],
			"ground_truth": {"iris_center": "(0.002, 0.003, 0.05)", "gaze_vector": "(-0.00598, -0.00003, -0.0075)"}}`,
			name, x-100, 480-y-40, x+100, 480-y+40)
	}
	text := `{"eye_details": {"look_vec": "(0, 0, -1, 0)"}, "cameras": {` + camera("a", 300, 180) + ", " + camera("b_2", 200, 300) + "}}"
	write(t, filepath.Join(dir, fmt.Sprintf("%d.json", n)), text)
}

// Each camera's picture is cropped around its own landmarks and has its own direction.
func TestUnityEyes2Released(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []int{2, 10} {
		released(t, dir, n)
	}
	ds, err := Open("unityeyes2:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range ds.Len() {
		names = append(names, ds.Name(i))
		s, err := ds.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		// The window is 224 x 134: the eye fills 200 x 80 in its middle, 49 x 21 of 55 x 35 pixels.
		for _, p := range []struct {
			y, x int
			want uint16
		}{{17, 27, 200}, {17, 5, 200}, {17, 49, 200}, {9, 27, 200}, {25, 27, 200}, {17, 0, 0}, {17, 54, 0}, {3, 27, 0}, {31, 27, 0}} {
			if got := int(s.Image.Pix[p.y*55+p.x]); max(got-int(p.want), int(p.want)-got) > 20 {
				t.Errorf("%s: pixel (%d, %d) is %d, want %d", s.Name, p.x, p.y, got, p.want)
			}
		}
		for k, want := range []float64{-0.6, 0, -0.8} { // y is up in Unity, down in MPIIGaze's frame
			if math.Abs(float64(s.Label[k])-want) > 1e-4 {
				t.Errorf("%s: gaze %v", s.Name, s.Label)
			}
		}
	}
	if want := []string{"2_a.jpg", "2_b_2.jpg", "10_a.jpg", "10_b_2.jpg"}; !slices.Equal(names, want) {
		t.Errorf("pictures %v, want %v", names, want)
	}
	if ds, err := Open("unityeyes2:" + dir + ",camera=b_2"); err != nil || ds.Len() != 2 || ds.Name(1) != "10_b_2.jpg" {
		t.Errorf("one camera: %v", err)
	}
	if _, err := Open("unityeyes2:" + dir + ",camera=c"); err == nil || !strings.Contains(err.Error(), "there are a, b_2") {
		t.Errorf("no camera: %v", err)
	}
	write(t, filepath.Join(dir, "11_a.jpg"), "")
	if ds, err = Open("unityeyes2:" + dir); err != nil {
		t.Fatal(err)
	}
	if _, err := ds.Sample(4); err == nil || !strings.Contains(err.Error(), "has no 11.json beside it") {
		t.Errorf("a picture without label: %v", err)
	}
}

func TestUnityEyes2BadLabels(t *testing.T) {
	for text, want := range map[string]string{
		`{"cam`: "is not complete JSON",
		`{}`:    "has no cameras.a.interior_margin_2d",
		`{"cameras": {"a": {"interior_margin_2d": ["(1, 2, 3)"]}}}`:                                                                           "has no cameras.a.ground_truth",
		`{"cameras": {"a": {"interior_margin_2d": ["(1, 2)"]}}}`:                                                                              "interior_margin_2d[0]: ",
		`{"cameras": {"a": {"interior_margin_2d": ["(1, 2, 3)"], "ground_truth": {"gaze_vector": "(0, 0, 0)", "iris_center": "(0, 0, 0)"}}}}`: "length 0.00, not 1",
	} {
		if _, err := parseUnityEyes2([]byte(text), "a"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", text, err, want)
		}
	}
}

// A label with a byte order mark is read. What is no file, or too large for a label, is refused, never waited for.
func TestUnityEyes2OddFiles(t *testing.T) {
	dir := t.TempDir()
	released(t, dir, 1)
	path := filepath.Join(dir, "1.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := Open("unityeyes2:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "\ufeff"+string(text))
	if _, err := ds.Sample(0); err != nil {
		t.Errorf("with a byte order mark: %v", err)
	}
	write(t, path, strings.Repeat(" ", maxUnityEyes)+string(text))
	if _, err := ds.Sample(0); err == nil || !strings.Contains(err.Error(), "1.json: has more than") {
		t.Errorf("a label of more than 1 MiB: %v", err)
	}
	os.Remove(path)
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ds.Sample(0); err == nil || !strings.Contains(err.Error(), "1.json: is a named pipe") {
		t.Errorf("a pipe: %v", err)
	}
}

// Files of both programs, where they lie.
func TestUnityEyes2RealFiles(t *testing.T) {
	ds, err := Open("unityeyes2:" + samples(t, "unityeyes", "v2"))
	if err != nil || ds.Len() != 6 || ds.Name(0) != "30.jpg" {
		t.Fatalf("%v", err)
	}
	for i := range ds.Len() {
		s, err := ds.Sample(i)
		if err != nil || s.Image.H != GazeHeight || s.Image.W != GazeWidth {
			t.Fatalf("%s: %v", ds.Name(i), err)
		}
		if i == 0 && (math.Abs(float64(s.Label[0])+0.0727) > 1e-3 || math.Abs(float64(s.Label[1])-0.3894) > 1e-3) {
			t.Errorf("%s looks along %v", s.Name, s.Label)
		}
	}
}
