package data

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/data/picture"
)

// A picture of 2 x 4 at 2 x 2: all columns halved, the middle ones, or all of them between repeated rows.
func TestFitTreatsProportions(t *testing.T) {
	dir := t.TempDir()
	m := picture.Image{C: 1, H: 2, W: 4, Bits: 8, Pix: []uint16{10, 20, 30, 40, 50, 60, 70, 80}}
	if err := picture.EncodePNG(filepath.Join(dir, "m.png"), m); err != nil {
		t.Fatal(err)
	}
	sample := func(spec string) picture.Image {
		t.Helper()
		ds, err := Open("folder:" + dir + spec)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ds.Sample(0)
		if err != nil || ds.Info().H != s.Image.H || ds.Info().W != s.Image.W {
			t.Fatalf("%s: %+v, %v", spec, s.Image, err)
		}
		return s.Image
	}
	for spec, want := range map[string]picture.Image{
		",size=2x2":             m.Resize(2, 2),
		",size=2x2,fit=stretch": m.Resize(2, 2),
		",size=2x2,fit=crop":    m.Crop(1, 0, 2, 2),
		",size=4x4,fit=pad":     m.Crop(0, -1, 4, 4),
		",size=1x4,fit=crop":    m.Crop(0, 0, 4, 1),
		",size=2x8,fit=pad":     m.Crop(-2, 0, 8, 2),
		",size=2x4,fit=crop":    m,
	} {
		if got := sample(spec); !slices.Equal(got.Pix, want.Pix) {
			t.Errorf("%s: %v, want %v", spec, got.Pix, want.Pix)
		}
	}
	if got := sample(",size=4x4,fit=pad").Pix; !slices.Equal(got[:8], []uint16{10, 20, 30, 40, 10, 20, 30, 40}) {
		t.Errorf("the border is not repeated: %v", got)
	}
	for spec, want := range map[string]string{
		",fit=crop": "add size=HxW", ",size=2x2,fit=cover": "use stretch, crop or pad",
	} {
		if _, err := Open("folder:" + dir + spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestStretched(t *testing.T) {
	for _, c := range []struct {
		height, width, h, w int
		want                float64
	}{{640, 480, 64, 96, 2}, {480, 640, 48, 64, 1}, {100, 110, 50, 50, 1.1}} {
		if got := stretched(c.height, c.width, c.h, c.w); got < c.want-1e-9 || got > c.want+1e-9 {
			t.Errorf("%+v: %g", c, got)
		}
	}
}
