package data

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simgan/internal/exit"
)

// copyRange writes the images from..to, and fails after most of them.
func copyRange(ds Dataset, variants, most int) func(e *Exporter, from, to int) error {
	return func(e *Exporter, from, to int) error {
		for i := from; i < to; i++ {
			if i == from+most {
				return errors.New("killed")
			}
			for v := range variants {
				s, err := ds.Sample(i)
				if err != nil {
					return err
				}
				s.Image.Pix[0] = uint16(v)
				if err := e.Write(i, v, s.Image, s.Label); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// Parts in any order, one of which was killed and written again, make the bytes of one export: as files and as a pack.
func TestShardsMakeOneExport(t *testing.T) {
	const variants, plenty = 2, 1000
	for _, spec := range []string{noise(t, 7), "pack:" + packed(t, noise(t, 7))} {
		ds, whole := export(t, spec, variants)
		out := filepath.Join(t.TempDir(), "refined")
		for step, c := range []struct {
			shard    Shard
			most     int
			finished bool
		}{{Shard{2, 3}, plenty, false}, {Shard{0, 3}, 1, false}, {Shard{1, 3}, plenty, false}, {Shard{0, 3}, plenty, true}} {
			finished, err := ExportShard(ds, out, variants, c.shard, "copies", copyRange(ds, variants, c.most))
			if killed := c.most < plenty; (err != nil) != killed || finished != c.finished {
				t.Fatalf("%s: step %d: finished %v, %v", spec, step, finished, err)
			}
			if _, err := os.Stat(out); (err == nil) != c.finished {
				t.Errorf("%s: step %d: %s is there too early, or not at all", spec, step, out)
			}
		}
		if diff := cmp.Diff(tree(t, whole), tree(t, out)); diff != "" {
			t.Errorf("%s: %.600s", spec, diff)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), ".*")); len(left) > 0 {
			t.Errorf("left %v", left)
		}
	}
}

// A part that is written is not written again, and parts of another export are refused.
func TestShardsAgree(t *testing.T) {
	ds, err := Open("simulated:eyes,n=4")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "refined")
	first := Shard{0, 2}
	if _, err := ExportShard(ds, out, 1, first, "seed 1", copyRange(ds, 1, 9)); err != nil {
		t.Fatal(err)
	}
	never := func(*Exporter, int, int) error { return errors.New("written again") }
	if _, err := ExportShard(ds, out, 1, first, "seed 1", never); err != nil {
		t.Error(err)
	}
	_, err = ExportShard(ds, out, 1, Shard{1, 2}, "seed 2", never)
	refused(t, "another seed", err, "seed 1, not 2 parts of 4 images")
	for _, text := range []string{"2/2", "-1/2", "1", "0/0", "a/b", "0/2/3", "00/2"} {
		if _, err := ParseShard(text); !errors.Is(err, exit.ErrUsage) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if s, err := ParseShard("1/3"); err != nil || s != (Shard{1, 3}) {
		t.Error(s, err)
	}
}

// tree returns every file below a folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path[len(dir):]] = string(text)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	return all
}

// Fewer images than parts: parts without images are written too, and the last one completes the folder.
func TestShardsOfFewImages(t *testing.T) {
	for _, spec := range []string{noise(t, 2), "pack:" + packed(t, noise(t, 2))} {
		ds, whole := export(t, spec, 2)
		out := filepath.Join(t.TempDir(), "refined")
		for part := range 4 {
			finished, err := ExportShard(ds, out, 2, Shard{part, 4}, "copies", copyRange(ds, 2, 9))
			if err != nil || finished != (part == 3) {
				t.Fatalf("%s: part %d: finished %v, %v", spec, part, finished, err)
			}
		}
		if diff := cmp.Diff(tree(t, whole), tree(t, out)); diff != "" {
			t.Errorf("%s: %.600s", spec, diff)
		}
	}
}
