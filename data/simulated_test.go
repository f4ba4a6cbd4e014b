package data

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simgan/internal/exit"
)

func TestSimulatedDataset(t *testing.T) {
	ds, err := Open("simulated:eyes,domain=real,n=4,seed=5")
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	want := Info{Kind: "simulated", C: 1, H: 35, W: 55, Bits: 8, LabelNames: GazeLabels}
	if diff := cmp.Diff(want, ds.Info()); diff != "" || ds.Len() != 4 {
		t.Errorf("%d images, %s", ds.Len(), diff)
	}
	seen := map[string]bool{}
	for i := range ds.Len() {
		s, err := ds.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ds.Sample(i)
		if diff := cmp.Diff(s, again); err != nil || diff != "" {
			t.Errorf("image %d, read again: %v %s", i, err, diff)
		}
		length := 0.0
		for _, v := range s.Label {
			length += float64(v) * float64(v)
		}
		if math.Abs(length-1) > 1e-5 || s.Label[2] >= 0 {
			t.Errorf("image %d: gaze %v is not a unit vector towards the camera", i, s.Label)
		}
		if s.Name != ds.Name(i) || seen[s.Name] || len(s.Image.Pix) != 35*55 {
			t.Errorf("image %d: name %q, %d pixels", i, s.Name, len(s.Image.Pix))
		}
		seen[s.Name] = true
	}
}

func TestSimulatedSizeAndLabels(t *testing.T) {
	ds, err := Open("simulated:eyes,n=1,size=36x60,labels=false")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ds.Sample(0)
	labelled := s.Label != nil || ds.Info().LabelNames != nil
	if err != nil || labelled || s.Image.H != 36 || s.Image.W != 60 || len(s.Image.Pix) != 36*60 {
		t.Errorf("%dx%d, %d pixels, label %v, %v", s.Image.H, s.Image.W, len(s.Image.Pix), s.Label, err)
	}
}

// Files do not depend on the order in which the goroutines run.
func TestSimulateTwiceIsTheSame(t *testing.T) {
	for format := range formats {
		var trees [2]map[string]string
		for k := range trees {
			out := filepath.Join(t.TempDir(), "eyes")
			if err := Simulate(t.Context(), "eyes", "real", format, 4, 3, out, func(int, int) {}); err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			trees[k] = map[string]string{}
			err := filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				content, err := os.ReadFile(path)
				name, _ := filepath.Rel(out, path)
				trees[k][name] = string(content)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(trees[0]) < 4 || !cmp.Equal(trees[0], trees[1]) {
			t.Errorf("%s: two runs wrote different files", format)
		}
	}
}

// Every writer reports each image once, while it writes: the folder does not exist yet.
func TestSimulateReportsProgress(t *testing.T) {
	const n = 6
	try := func(what, format string) {
		out := filepath.Join(t.TempDir(), "out")
		var mu sync.Mutex
		var seen []int
		err := Simulate(t.Context(), what, "synthetic", format, n, 1, out, func(done, total int) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, done)
			if total != n || exists(out) {
				t.Errorf("%s as %s: %d of %d, whole: %t", what, format, done, total, exists(out))
			}
		})
		if slices.Sort(seen); err != nil || !slices.Equal(seen, []int{1, 2, 3, 4, 5, 6}) {
			t.Errorf("%s as %s: reported %v, %v", what, format, seen, err)
		}
	}
	for format := range formats {
		try("eyes", format)
	}
	for format := range handFormats {
		try("hands", format)
	}
}

func TestSimulateRefuses(t *testing.T) {
	full := t.TempDir()
	write(t, filepath.Join(full, "precious.txt"), "kept")
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	fresh := filepath.Join(t.TempDir(), "new")
	for name, c := range map[string]struct {
		what, domain, format string
		n                    int
		out, want            string
	}{
		"what":      {"feet", "real", "folder", 1, fresh, `"feet" cannot be simulated`},
		"domain":    {"eyes", "dream", "folder", 1, fresh, `domain "dream": use synthetic or real`},
		"format":    {"eyes", "real", "tar", 1, fresh, `format "tar": use folder`},
		"n":         {"eyes", "real", "folder", 0, fresh, "n is 0; use 1 or more"},
		"not empty": {"eyes", "real", "folder", 1, full, "is not empty"},
		"a file":    {"eyes", "real", "folder", 1, file, "output folder"},
	} {
		err := Simulate(t.Context(), c.what, c.domain, c.format, c.n, 1, c.out, func(int, int) {})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one that contains %q", name, err, c.want)
		}
		if wrongArgument := c.out == fresh; errors.Is(err, exit.ErrUsage) != wrongArgument {
			t.Errorf("%s: %v is a usage error: %t", name, err, !wrongArgument)
		}
	}
	if _, err := os.Stat(fresh); !os.IsNotExist(err) {
		t.Errorf("a refused call left %s behind: %v", fresh, err)
	}
	if kept, err := os.ReadFile(filepath.Join(full, "precious.txt")); err != nil || string(kept) != "kept" {
		t.Errorf("the full folder was touched: %q, %v", kept, err)
	}
}
