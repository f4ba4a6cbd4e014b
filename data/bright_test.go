package data

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/data/picture"
)

// colours writes a colour image with the two levels in each channel.
func colours(t *testing.T, path string, low, high uint16) {
	t.Helper()
	m := picture.NewImage(3, 4, 4, 8)
	for i := range m.Pix {
		if m.Pix[i] = low; i%2 == 1 {
			m.Pix[i] = high
		}
	}
	if err := picture.EncodePNG(path, m); err != nil {
		t.Fatal(err)
	}
}

// 1.5 * 41 is 61.5, rounded 62; 1.5 * 200 is cut off at 255. Depths have no brightness.
func TestBrightness(t *testing.T) {
	dir := t.TempDir()
	colours(t, filepath.Join(dir, "a.png"), 41, 200)
	ds, err := Open("folder:" + dir + ",brightness=1.5")
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	s, err := ds.Sample(0)
	if err != nil || !slices.Equal(s.Image.Pix[:2], []uint16{62, 255}) {
		t.Errorf("levels are %v, %v", s.Image.Pix[:2], err)
	}
	for spec, want := range map[string]string{
		"folder:" + dir + ",brightness=0": "use a factor from 0.1 to 10", "folder:" + dir + ",brightness=x": "use a factor",
		"folder:" + dir + ",brightness=NaN": "use a factor", "simulated:hands,n=1,brightness=2": "is for images of 8 bits",
	} {
		if ds, err := Open(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %s", spec, ds, err, want)
		}
	}
}

// The warning of different levels names a way out that works: with the brightness it names, the means are the same.
// Brightness is named for colour and grey, equalisation only if it helps. Sets of one mean are told apart by more than
// brightness.
func TestWayOutOfDifferentLevels(t *testing.T) {
	dark, bright, striped := t.TempDir(), t.TempDir(), t.TempDir()
	colours(t, filepath.Join(dark, "a.png"), 50, 60)
	colours(t, filepath.Join(bright, "a.png"), 100, 120)
	colours(t, filepath.Join(striped, "a.png"), 0, 220)
	real := inspect(t, "folder:"+bright, 0)
	got := Alike(inspect(t, "folder:"+dark, 0), real)
	want := "brightness=2.00 in the SPEC of the synthetic images gives both the same mean (then 100 % overlap)"
	if !strings.Contains(got, want) || strings.Contains(got, "equalize") {
		t.Errorf("%q", got)
	}
	if got := Alike(inspect(t, "folder:"+dark+",brightness=2.00", 0), real); got != "" {
		t.Errorf("after the way out: %q", got)
	}
	got = Alike(inspect(t, "folder:"+striped, 0), real)
	if !strings.Contains(got, "renders whose light, colours") {
		t.Errorf("%q", got)
	}
	got = Alike(inspect(t, "folder:"+dark+",grey=true", 0), inspect(t, "folder:"+bright+",grey=true", 0))
	if !strings.Contains(got, "brightness=2.00") || strings.Contains(got, "equalize") {
		t.Errorf("%q", got)
	}
}
