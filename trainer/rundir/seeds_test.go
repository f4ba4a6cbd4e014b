package rundir

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A folder of seeds stands for its runs in numeric order; other folders in it, and seeds that have not begun, do not
// count. A run folder stands for itself, and so does an empty one.
func TestRuns(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"seed-10", "seed-2", "seed-02", "seed-3x", "other"} {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, ConfigFile), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(OfSeed(dir, 5), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, want := Runs(dir), []string{OfSeed(dir, 2), OfSeed(dir, 10)}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, dir := range []string{OfSeed(dir, 2), OfSeed(dir, 5), filepath.Join(dir, "none")} {
		if got := Runs(dir); !slices.Equal(got, []string{dir}) {
			t.Errorf("%s stands for %v", dir, got)
		}
	}
}
