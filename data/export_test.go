package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// copyAll writes every image unchanged, except that its first level
// is the variant's number. It leaves out the last drop images.
func copyAll(ds Dataset, variants, drop int) func(*Exporter) error {
	return func(e *Exporter) error {
		for i := range ds.Len() - drop {
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

func TestExportReadsBack(t *testing.T) {
	ds, err := Open("simulated:eyes,n=5")
	if err != nil {
		t.Fatal(err)
	}
	for _, variants := range []int{1, 3} {
		out := filepath.Join(t.TempDir(), "refined")
		if err := Export(ds, out, variants, copyAll(ds, variants, 0)); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"labels.csv", manifestName} {
			back, err := Open("folder:" + out + ",labels=" + filepath.Join(out, table))
			if err != nil {
				t.Fatal(err)
			}
			if back.Len() != 5*variants {
				t.Errorf("%d images, want %d", back.Len(), 5*variants)
			}
			got, err := back.Sample(back.Len() - 1)
			if err != nil {
				t.Fatal(err)
			}
			want, err := ds.Sample(4)
			if err != nil {
				t.Fatal(err)
			}
			want.Image.Pix[0] = uint16(variants - 1)
			if diff := cmp.Diff(want.Image, got.Image) + cmp.Diff(want.Label, got.Label); diff != "" {
				t.Errorf("%s: %s", table, diff[:min(len(diff), 400)])
			}
		}
	}
}

func TestExportLeavesNothingHalf(t *testing.T) {
	ds, err := Open("simulated:eyes,n=3")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "refined")
	err = Export(ds, out, 1, copyAll(ds, 1, 1))
	refused(t, "a missing image", err, "2 of 3 images were refined")
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v %v", entries, err)
	}
	write(t, filepath.Join(out, "precious.txt"), "")
	if err := Export(ds, out, 1, copyAll(ds, 1, 0)); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a full output folder: %v", err)
	}
}

// export writes every image of the SPEC with copyAll in the given number of variants. It returns the new folder.
func export(t *testing.T, spec string, variants int) (ds Dataset, out string) {
	t.Helper()
	ds, err := Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	out = filepath.Join(t.TempDir(), "refined")
	if err := Export(ds, out, variants, copyAll(ds, variants, 0)); err != nil {
		t.Fatal(err)
	}
	return ds, out
}

// expectSame compares sample i of a data set with variant v of sample j of an exported one.
func expectSame(t *testing.T, got Dataset, i int, want Dataset, j, v int) {
	t.Helper()
	g, err := got.Sample(i)
	if err != nil {
		t.Fatal(err)
	}
	w, err := want.Sample(j)
	if err != nil {
		t.Fatal(err)
	}
	w.Image.Pix[0] = uint16(v)
	if diff := cmp.Diff(w.Image, g.Image) + cmp.Diff(w.Label, g.Label); diff != "" {
		t.Errorf("%s is not variant %d of %s: %s", g.Name, v, w.Name, diff[:min(len(diff), 400)])
	}
}

// equalize=true spreads the levels of a dark image over the whole range and hides no labels.
func TestEqualize(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "renders")
	if err := Simulate(t.Context(), "eyes", "synthetic", "unityeyes", 2, 1, dir, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	ds, err := Open("unityeyes:" + dir + ",equalize=true")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ds.Sample(0)
	if err != nil {
		t.Fatal(err)
	}
	if low, high := slices.Min(s.Image.Pix), slices.Max(s.Image.Pix); low != 0 || high != 255 {
		t.Errorf("levels are %d to %d", low, high)
	}
	if _, err := equalize(&numbers{n: 1}, Spec{}, true); err == nil {
		t.Error("images of 16 bits were accepted")
	}
	out := filepath.Join(t.TempDir(), "refined")
	if err := Export(ds, out, 1, copyAll(ds, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("unityeyes:" + out); err != nil {
		t.Errorf("the export does not open: %v", err)
	}
}
