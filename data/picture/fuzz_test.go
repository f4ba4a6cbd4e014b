package picture

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/alloctest"
)

// fuzzDecode decodes any bytes as a file, whole and as a window. Either the error names the file, or all pixels are
// there; memory is in proportion to the pixels that the file may have.
func fuzzDecode(f *testing.F, name string, seeds ...[]byte) {
	for _, seed := range seeds {
		f.Add(seed)
		f.Add(seed[:len(seed)/2])
	}
	path := filepath.Join(f.TempDir(), name)
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if c, _, err := image.DecodeConfig(bytes.NewReader(content)); err == nil && c.Width*c.Height > 1<<20 {
			t.Skip("large pictures only take time")
		}
		const most = 64 << 20
		check := func(m Image, err error) {
			switch {
			case err != nil && !strings.Contains(err.Error(), path):
				t.Errorf("%v does not name the file", err)
			case err == nil && (len(m.Pix) != m.C*m.H*m.W || len(m.Pix) == 0):
				t.Errorf("%dx%dx%d has %d levels", m.C, m.H, m.W, len(m.Pix))
			}
		}
		if used := alloctest.Bytes(func() { check(Decode(path)) }); used > most {
			t.Errorf("for %d bytes of input it allocated %d", len(content), used)
		}
		window := func(w, h int) (int, int, int, int) { return w/2 - 3, h/2 - 3, 7, 5 }
		if used := alloctest.Bytes(func() { check(DecodeWindow(path, window)) }); used > most {
			t.Errorf("for a window of %d bytes of input it allocated %d", len(content), used)
		}
	})
}

// fuzzSeeds returns the files of testdata that match the pattern.
func fuzzSeeds(f *testing.F, pattern string) (seeds [][]byte) {
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		f.Fatalf("%d files match %s: %v", len(paths), pattern, err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, content)
	}
	return seeds
}

// FuzzPNG reads any bytes as a PNG.
func FuzzPNG(f *testing.F) { fuzzDecode(f, "x.png", fuzzSeeds(f, "*.png")...) }

// FuzzJPEG reads any bytes as a JPEG.
func FuzzJPEG(f *testing.F) { fuzzDecode(f, "x.jpg", fuzzSeeds(f, "*.jpg")...) }

// FuzzTIFF reads any bytes as a TIFF.
func FuzzTIFF(f *testing.F) { fuzzDecode(f, "x.tif", fuzzSeeds(f, "*.tif")...) }

// FuzzWebP reads any bytes as a WebP.
func FuzzWebP(f *testing.F) { fuzzDecode(f, "x.webp", fuzzSeeds(f, "*.webp")...) }
