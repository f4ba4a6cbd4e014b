package data

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/data/picture"
)

// grey writes an image whose levels alternate between two values.
func grey(t *testing.T, path string, h, w, bits int, low, high uint16) {
	t.Helper()
	m := picture.NewImage(1, h, w, bits)
	for i := range m.Pix {
		if m.Pix[i] = low; i%2 == 1 {
			m.Pix[i] = high
		}
	}
	if err := picture.EncodePNG(path, m); err != nil {
		t.Fatal(err)
	}
}

func inspect(t *testing.T, spec string, sample int) *Findings {
	t.Helper()
	ds, err := Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	f, err := Inspect(t.Context(), ds, sample, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Three images alternate between 51 and 153 of 255 (20 and 60 %), one is flat, two cannot be read.
func TestInspectFindsFaultsAndMeasures(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		grey(t, filepath.Join(dir, name), 4, 8, 8, 51, 153)
	}
	grey(t, filepath.Join(dir, "d.png"), 4, 8, 8, 102, 102)
	for _, name := range []string{"e.png", "f.png"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("no picture"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	labels := "file,x,y\na.png,1,7\nb.png,2,7\nc.png,3,7\nd.png,6,7\ne.png,0,0\nf.png,0,0\n"
	if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(labels), 0o644); err != nil {
		t.Fatal(err)
	}
	f := inspect(t, "folder:"+dir, 0)
	if f.Len != 6 || f.Opened != 6 || len(f.Bad) != 2 || !strings.Contains(f.Bad[0].Error(), "e.png") ||
		!strings.Contains(f.Bad[1].Error(), "f.png") {
		t.Errorf("%d of %d images, bad: %v", f.Opened, f.Len, f.Bad)
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %g, want %g", what, got, want)
		}
	}
	l := f.Levels
	near("the lowest level", l.Low, 0.2)
	near("the highest level", l.High, 0.6)
	near("the mean", l.Mean, 0.4)
	near("the deviation", l.Deviation, math.Sqrt(0.75*0.04)) // three of four have 0.2
	near("the share of 51", l.Histogram[51], 3.0/8)
	near("the share of 102", l.Histogram[102], 1.0/4)
	near("the overlap with itself", l.Overlap(l), 1)
	if x := f.Labels[0]; x != (LabelRange{"x", 1, 6, 3}) {
		t.Errorf("label x is %+v", x)
	}
	warnings := strings.Join(f.Warnings(), "\n")
	if want := "1 of 6 images have one level only, the first is d.png"; warnings != want {
		t.Errorf("warned %q, want %q", warnings, want)
	}
	if f := inspect(t, "folder:"+dir, 3); f.Opened != 3 || len(f.Bad) != 1 { // a, c and e
		t.Errorf("a sample of 3 opened %d, bad: %v", f.Opened, f.Bad)
	}
}

// Depths in millimetres fill a hundredth of 16 bits; portraits as landscapes are stretched; black and white differ.
func TestInspectWarns(t *testing.T) {
	dir := t.TempDir()
	grey(t, filepath.Join(dir, "depth.png"), 4, 4, 16, 600, 900)
	got := strings.Join(inspect(t, "folder:"+dir, 0).Warnings(), "")
	if !strings.Contains(got, "600 to 900 of 0 to 65535 (0.5 %") || !strings.Contains(got, "range=LOW:HIGH") {
		t.Errorf("%q", got)
	}
	portraits := t.TempDir()
	grey(t, filepath.Join(portraits, "p.png"), 40, 20, 8, 0, 60)
	for spec, stretched := range map[string]bool{
		",size=20x20": true, ",size=20x20,equalize=true": true, ",size=20x20,fit=crop": false, ",size=20x10": false,
		"": false,
	} {
		got := strings.Join(inspect(t, "folder:"+portraits+spec, 0).Warnings(), "")
		if strings.Contains(got, "1 of 1 pictures by more than 10 % (up to 2.00 times), the first is p.png") != stretched {
			t.Errorf("%s: %q", spec, got)
		}
	}
	light := t.TempDir()
	grey(t, filepath.Join(light, "l.png"), 40, 20, 8, 200, 255)
	dark, bright := inspect(t, "folder:"+portraits, 0), inspect(t, "folder:"+light, 0)
	if got := Alike(dark, bright); !strings.Contains(got, "the levels of the two sets differ (0 % overlap; ") {
		t.Errorf("%q", got)
	}
	// The real built-in eyes are equalised. Pooled levels of renders that are not overlap with theirs; image by image
	// they differ.
	reals := inspect(t, "simulated:eyes,domain=real", 40)
	for spec, want := range map[string]string{
		"simulated:eyes,equalize=true": "",
		"simulated:eyes":               "; equalize=true in the SPEC of the synthetic images does most of the work",
	} {
		eyes := inspect(t, spec, 40)
		levels := Alike(eyes, reals)
		if got := append(eyes.Warnings(), reals.Warnings()...); got != nil || (levels == "") != (want == "") ||
			!strings.Contains(levels, want) {
			t.Errorf("%s: %q, %q; overlap %g", spec, got, levels, eyes.Levels.Overlap(reals.Levels))
		}
	}
}

func TestInspectHeedsItsContext(t *testing.T) {
	ds, err := Open("simulated:eyes,n=1000000")
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err = Inspect(ctx, ds, 0, func(n, of int) {
		if n == 3 {
			cancel(stop)
		}
	})
	if !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// Depths with holes are told from depths without, and the advised holes make up for it.
func TestLacksHoles(t *testing.T) {
	inspect := func(spec string) *Findings {
		ds := opened(t, spec)
		defer ds.Close()
		f, err := Inspect(t.Context(), ds, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	const synthetic = "simulated:hands,n=250,size=64x64,effects=forearm" // more than are looked at
	real := inspect("simulated:hands,domain=real,n=250,seed=2,size=64x64")
	if got := LacksHoles(inspect(synthetic), real); !strings.Contains(got, "holes=0.15 in the SPEC") {
		t.Errorf("got %q", got)
	}
	if got := LacksHoles(inspect(synthetic+",holes=0.15"), real); got != "" {
		t.Errorf("with these holes: %q", got)
	}
	if got := LacksHoles(inspect(synthetic+",holes=0.08"), real); got != "" {
		t.Errorf("with those of hand-demo: %q", got)
	}
	if got := LacksHoles(real, inspect(synthetic)); got != "" {
		t.Errorf("real depths have fewer: %q", got)
	}
	if got := LacksHoles(inspect("simulated:eyes,n=4"), inspect("simulated:eyes,n=4,domain=real")); got != "" {
		t.Errorf("eyes: %q", got)
	}
}
