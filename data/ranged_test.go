package data

import (
	"path/filepath"
	"testing"

	"simgan/data/picture"
)

// range=600:900 maps 600 to 0 and 900 to 65535, cuts off what lies outside, and a refined image has the source's
// levels.
func TestRange(t *testing.T) {
	dir := t.TempDir()
	m := picture.NewImage(1, 1, 5, 16)
	copy(m.Pix, []uint16{100, 600, 750, 900, 65535})
	if err := picture.EncodePNG(filepath.Join(dir, "0.png"), m); err != nil {
		t.Fatal(err)
	}
	ds, err := Open("folder:" + dir + ",range=600:900")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ds.Sample(0)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint16{0, 0, 32768, 65535, 65535} {
		if s.Image.Pix[i] != want {
			t.Errorf("level %d becomes %d, want %d", m.Pix[i], s.Image.Pix[i], want)
		}
	}
	for what, source := range map[string]Dataset{"whole": ds, "subset": &subset{ds, []int{0}}} {
		out := filepath.Join(t.TempDir(), "out")
		err = Export(source, out, 1, func(e *Exporter) error { return e.Write(0, 0, s.Image, nil) })
		if err != nil {
			t.Fatal(err)
		}
		back, err := picture.Decode(filepath.Join(out, "0.png"))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []uint16{600, 600, 750, 900, 900} {
			if back.Pix[i] != want {
				t.Errorf("%s: level %d is written as %d, want %d", what, m.Pix[i], back.Pix[i], want)
			}
		}
	}
	for bad, want := range map[string]string{
		"range=900:600": "write LOW:HIGH", "range=5": "write LOW:HIGH", "range=-1:5": "write LOW:HIGH",
		"range=0:65536": "write LOW:HIGH", "range=a:b": "write LOW:HIGH", "range=NaN:7": "write LOW:HIGH",
	} {
		_, err := Open("folder:" + dir + "," + bad)
		refused(t, bad, err, want)
	}
	_, err = Open("simulated:eyes,n=1,range=0:100")
	refused(t, "8 bits", err, "is for images of 16 bits, not 8")
}
