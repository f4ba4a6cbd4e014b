//go:build hdf5

package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzGazeH5 opens any bytes as Kaggle's gaze.h5. If it opens, all of it can be read.
func FuzzGazeH5(f *testing.F) {
	seeds, err := filepath.Glob("testdata/gazeh5/*.h5")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("%d files in testdata/gazeh5: %v", len(seeds), err)
	}
	for _, seed := range seeds {
		content, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	path := filepath.Join(f.TempDir(), "gaze.h5")
	f.Fuzz(func(t *testing.T, content []byte) {
		write(t, path, string(content))
		proportion(t, len(content), func() {
			ds, err := Open("gazeh5:" + path)
			if err != nil {
				if !strings.Contains(err.Error(), path) {
					t.Errorf("%v does not name the file", err)
				}
				return
			}
			for i := range ds.Len() {
				s, err := ds.Sample(i)
				if err != nil || len(s.Image.Pix) != 35*55 || len(s.Label) != len(ds.Info().LabelNames) {
					t.Errorf("eye %d: %d pixels, label %v: %v", i, len(s.Image.Pix), s.Label, err)
				}
			}
		})
	})
}
