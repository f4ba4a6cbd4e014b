package data

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simgan/data/npy"
	"simgan/internal/alloctest"
)

// A loader starts only at a position that a loader can have.
func TestPositionsOutOfRange(t *testing.T) {
	for want, from := range map[string]Position{
		"position -1": {Next: -1}, "position 9223372036854775807": {Next: math.MaxInt64},
		"skipped image -2": {Skipped: []int{-2}}, "all 3 images": {Skipped: []int{0, 2, 1}},
	} {
		_, err := NewLoader(&numbers{n: 3}, LoaderConfig{Batch: 1}, from)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", from, err)
		}
	}
	// A data set that is smaller than it was has images that are out of range, and others twice.
	l, err := NewLoader(&numbers{n: 3}, LoaderConfig{Batch: 2, Workers: 1}, Position{Skipped: []int{1, 7, 1, 9}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 4 {
		b, err := l.Next(t.Context())
		if err != nil || b.Index[0] == 1 || b.Index[1] == 1 {
			t.Fatalf("drew %v, %v", b, err)
		}
	}
}

// blocked is a data set on a file system that does not answer.
type blocked struct {
	numbers
	answer chan struct{}
}

func (d *blocked) Sample(i int) (Sample, error) {
	<-d.answer
	return d.numbers.Sample(i)
}

// A request to stop ends Next while a read blocks, and Close says that it does.
func TestLoaderStopsWhileAReadBlocks(t *testing.T) {
	defer func(before time.Duration) { closeTime = before }(closeTime)
	closeTime = 20 * time.Millisecond
	ds := &blocked{numbers{n: 3}, make(chan struct{})}
	l, err := NewLoader(ds, LoaderConfig{Batch: 1}, Position{})
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("asked to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(cause) })
	if _, err := l.Next(ctx); !errors.Is(err, cause) {
		t.Errorf("Next: %v", err)
	}
	if err := l.Close(); !errors.Is(err, ErrBlocked) {
		t.Errorf("Close: %v", err)
	}
	close(ds.answer)
	if err := l.Close(); err != nil {
		t.Errorf("Close, when the read has ended: %v", err)
	}
}

// Labels that are not finite are refused in a pack as in a CSV, and are not packed. labels=false reads the images.
func TestPackLabelsAreFinite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	if err := packSet(t.Context(), &numbers{n: 3}, "test", dir, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, packLabels)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, offset, err := npy.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		binary.LittleEndian.PutUint32(whole[offset+4:], math.Float32bits(float32(v)))
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open("pack:" + dir)
		refused(t, "a pack", err, path+": image 1 (1): index is")
		ds, err := Open("pack:" + dir + ",labels=false")
		if err != nil {
			t.Fatal(err)
		}
		ds.Close()
		w := &packWriter{info: (&numbers{}).Info()}
		s, err := (&numbers{}).Sample(0)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = w.encode("a.png", s.Image, []float32{float32(v)}, nil, nil)
		refused(t, "packing", err, "a.png: label index is")
	}
}

// A pack's hashes are needed: without them damage would go unnoticed.
func TestPackNeedsHashes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	if err := packSet(t.Context(), &numbers{n: 3}, "test", dir, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, packAbout)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{packImages, packLabels, packNames} {
		write(t, path, strings.Replace(string(text), `"`+name+`"`, `"other"`, 1))
		_, err := Open("pack:" + dir)
		refused(t, name, err, "no SHA-256 of "+name)
	}
}

// A partial pack is never written through a link, nor over what simgan did not make.
func TestPartialPackOfAnother(t *testing.T) {
	for what, prepare := range map[string]func(partial, precious string) error{
		"link":   func(partial, precious string) error { return os.Symlink(precious, partial) },
		"folder": func(partial, precious string) error { return os.Rename(precious, partial) },
		"images as a link": func(partial, precious string) error {
			return errors.Join(os.Mkdir(partial, 0o755), os.WriteFile(filepath.Join(partial, journalName), nil, 0o644),
				os.Symlink(filepath.Join(precious, "a"), filepath.Join(partial, packImages)))
		},
	} {
		dir := t.TempDir()
		precious, partial := filepath.Join(dir, "precious"), filepath.Join(dir, ".out.partial")
		write(t, filepath.Join(precious, "a"), "keep")
		if err := prepare(partial, precious); err != nil {
			t.Fatal(err)
		}
		if err := packSet(t.Context(), &numbers{n: 1}, "test", filepath.Join(dir, "out"), func(int, int) {}); err == nil {
			t.Errorf("%s: it was packed", what)
		}
		for _, folder := range []string{precious, partial} {
			if text, err := os.ReadFile(filepath.Join(folder, "a")); err == nil && string(text) != "keep" {
				t.Errorf("%s: the user's file holds %q", what, text)
			}
			if exists(folder) && folder == precious && len(left(t, folder)) != 1 {
				t.Errorf("%s: %s holds %v", what, folder, left(t, folder))
			}
		}
	}
}

// Sizes beyond every bound are refused before any memory is taken, and the error names the bound.
func TestSizesOutOfBounds(t *testing.T) {
	for spec, want := range map[string]string{
		"simulated:eyes,n=9223372036854775807": "may have 268435456 images",
		"simulated:hands,n=268435457":          "may have 268435456 images",
		"simulated:eyes,size=16385x10":         "may have 16384 per side",
		"simulated:eyes,size=16384x16384":      "and 67108864 in all",
		"simulated:eyes,size=0x10":             "write HxW",
	} {
		_, err := Open(spec)
		refused(t, spec, err, want)
	}
	err := Simulate(t.Context(), "eyes", "real", "folder", math.MaxInt64, 1, t.TempDir(), func(int, int) {})
	refused(t, "simulate", err, "at most 268435456")
	for _, variants := range []int{MaxVariants + 1, math.MaxInt} {
		err := Export(&numbers{n: 3}, filepath.Join(t.TempDir(), "out"), variants, nil)
		refused(t, "variants", err, "at most 10000")
	}
	_, err = NewLoader(&numbers{n: 3}, LoaderConfig{Batch: 1 << 50}, Position{})
	refused(t, "batch", err, "the batches would take")
	used := alloctest.Bytes(func() { _, err = LoadLevels(t.Context(), &huge{}) })
	refused(t, "a whole set", err, "268435456 images would take")
	if used > 1<<20 {
		t.Errorf("%d bytes were taken before", used)
	}
}

// huge is a data set of 2.7 TB.
type huge struct{ numbers }

func (*huge) Info() Info { return Info{Kind: "test", C: 1, H: 100, W: 100, Bits: 8} }
func (*huge) Len() int   { return maxImages }
