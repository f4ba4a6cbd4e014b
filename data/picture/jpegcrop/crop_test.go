package jpegcrop

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// scene returns a picture with smooth and noisy parts.
func scene(w, h int, grey bool, seed uint64) image.Image {
	random := rand.New(rand.NewPCG(seed, 0))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			noise := 0
			if x > w/2 {
				noise = random.IntN(120)
			}
			m.SetRGBA(x, y, color.RGBA{uint8(x*255/w/2 + noise), uint8(y * 255 / h), uint8((x + y) % 256), 255})
		}
	}
	if !grey {
		return m
	}
	g := image.NewGray(m.Bounds())
	for y := range h {
		for x := range w {
			g.Set(x, y, m.At(x, y))
		}
	}
	return g
}

// cutter is shared by all tests, so that it meets tables and sizes other than those it keeps.
var cutter Cutter

// window calls the Cutter's Open and Window.
func window(content []byte, r image.Rectangle) (small []byte, at image.Point, ok bool) {
	if _, _, ok := cutter.Open(content); !ok {
		return nil, at, false
	}
	return cutter.Window(r)
}

// check compares the window's pixels with those of the whole file, both decoded by image/jpeg.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, content []byte, r image.Rectangle,
) {
	t.Helper()
	whole, err := jpeg.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatalf("%v", err)
	}
	small, at, ok := window(content, r)
	if !ok {
		t.Fatalf("window %v of %v was refused", r, whole.Bounds())
	}
	got, err := jpeg.Decode(bytes.NewReader(small))
	if err != nil {
		t.Fatalf("window %v: %v", r, err)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if want, got := whole.At(x, y), got.At(x-at.X, y-at.Y); want != got {
				t.Fatalf("window %v at %v: (%d,%d) is %v, not %v", r, at, x, y, got, want)
			}
		}
	}
}

// Every window of every picture has exactly the pixels of image/jpeg.
func TestWindowIsThePicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 70).Draw(t, "w"), rapid.IntRange(1, 70).Draw(t, "h")
		var file bytes.Buffer
		m := scene(w, h, rapid.Bool().Draw(t, "grey"), rapid.Uint64().Draw(t, "seed"))
		if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: rapid.IntRange(1, 100).Draw(t, "quality")}); err != nil {
			t.Fatal(err)
		}
		x0, y0 := rapid.IntRange(0, w-1).Draw(t, "x0"), rapid.IntRange(0, h-1).Draw(t, "y0")
		r := image.Rect(x0, y0, rapid.IntRange(x0+1, w).Draw(t, "x1"), rapid.IntRange(y0+1, h).Draw(t, "y1"))
		check(t, file.Bytes(), r)
	})
}

// Files of libjpeg-turbo (scripts/jpegs.py: Pillow 13.0.0): all subsamplings, optimised tables, restart markers.
func TestWindowOfOtherEncoders(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.jpg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == "progressive.jpg" {
			if _, _, ok := window(content, image.Rect(0, 0, 1, 1)); ok {
				t.Error("a progressive JPEG was accepted as a baseline one")
			}
			continue
		}
		for _, r := range []image.Rectangle{
			image.Rect(0, 0, 64, 48), image.Rect(33, 17, 50, 40), image.Rect(63, 47, 64, 48), image.Rect(20, 0, 21, 1),
		} {
			check(t, content, r)
		}
		for cut := range len(content) - 2 {
			if _, _, ok := window(content[:cut], image.Rect(0, 0, 1, 1)); ok {
				t.Fatalf("%s of %d bytes: the first %d were accepted as the whole file", path, len(content), cut)
			}
		}
	}
}

// FuzzWindow cuts a window out of any bytes. If image/jpeg reads the whole, it reads the window, with the same pixels.
func FuzzWindow(f *testing.F) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, scene(40, 30, false, 1), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes(), uint8(9), uint8(9))
	f.Fuzz(func(t *testing.T, content []byte, x, y uint8) {
		r := image.Rect(int(x), int(y), int(x)+3, int(y)+3)
		small, _, ok := window(content, r)
		if !ok {
			return
		}
		if len(small) > 2*len(content)+4096 {
			t.Errorf("%d bytes became %d", len(content), len(small))
		}
		if _, err := jpeg.Decode(bytes.NewReader(content)); err == nil {
			check(t, content, r)
		}
	})
}
