package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
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

// FuzzPNG reads any bytes as a PNG.
func FuzzPNG(f *testing.F) {
	var grey, colour bytes.Buffer
	if err := png.Encode(&grey, image.NewGray16(image.Rect(0, 0, 9, 7))); err != nil {
		f.Fatal(err)
	}
	if err := png.Encode(&colour, image.NewNRGBA(image.Rect(0, 0, 9, 7))); err != nil {
		f.Fatal(err)
	}
	fuzzDecode(f, "x.png", grey.Bytes(), colour.Bytes())
}

// FuzzJPEG reads any bytes as a JPEG.
func FuzzJPEG(f *testing.F) {
	var grey, colour bytes.Buffer
	if err := jpeg.Encode(&grey, image.NewGray(image.Rect(0, 0, 19, 17)), nil); err != nil {
		f.Fatal(err)
	}
	if err := jpeg.Encode(&colour, image.NewYCbCr(image.Rect(0, 0, 19, 17), image.YCbCrSubsampleRatio420), nil); err != nil {
		f.Fatal(err)
	}
	fuzzDecode(f, "x.jpg", grey.Bytes(), colour.Bytes())
}
