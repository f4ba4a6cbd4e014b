package picture

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A window has the grey levels of the whole picture's crop: for grey and colour JPEGs and PNGs, inside the picture,
// across its border and outside. Colours are converted as in the standard library.
func TestDecodeWindowIsTheCrop(t *testing.T) {
	dir := t.TempDir()
	for _, channels := range []int{1, 3} {
		m := NewImage(channels, 60, 90, 8)
		for i := range m.Pix {
			m.Pix[i] = uint16(i*i/97) % 256
		}
		for name, encode := range map[string]func(string, Image) error{"m.jpg": EncodeJPEG, "m.png": EncodePNG} {
			path := filepath.Join(dir, name)
			if err := encode(path, m); err != nil {
				t.Fatal(err)
			}
			whole, err := Decode(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range [][4]int{
				{0, 0, 90, 60}, {31, 17, 20, 9}, {-5, -7, 30, 20}, {80, 50, 30, 30}, {-40, 10, 8, 8}, {95, 70, 3, 3},
			} {
				got, err := DecodeWindow(path, func(width, height int) (int, int, int, int) {
					if width != 90 || height != 60 {
						t.Errorf("choose was called with %dx%d", width, height)
					}
					return w[0], w[1], w[2], w[3]
				})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(whole.Crop(w[0], w[1], w[2], w[3]).Grey(), got); diff != "" {
					t.Errorf("%s of %d channels, window %v: %.300s", name, channels, w, diff)
				}
			}
		}
	}
}

// These JPEGs are errors: a header with width 0, a truncated file, and sampling factors above 4, which image/jpeg
// refuses even for a single component, where they have no effect.
func TestDecodeWindowOfBadHeaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.jpg")
	if err := EncodeJPEG(path, NewImage(1, 60, 90, 8)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	frame := bytes.Index(whole, []byte{0xff, 0xc0}) + 5 // height, width, components, id, factors
	for want, change := range map[string]func([]byte) []byte{
		"has 0x60 pixels": func(b []byte) []byte { b[frame+2], b[frame+3] = 0, 0; return b },
		"is not a readable PNG, JPEG, TIFF or WebP (invalid JPEG format": func(b []byte) []byte { b[frame+6] = 0x51; return b },
		"truncated jpeg": func(b []byte) []byte { return b[:len(b)-2] },
	} {
		if err := os.WriteFile(path, change(bytes.Clone(whole)), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := DecodeWindow(path, func(width, height int) (int, int, int, int) { return 0, 0, 8, 8 })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %q", err, want)
		}
	}
}

// Rows of a JPEG's picture are converted as the standard library converts single pixels: for all subsamplings, from odd
// and even corners. The grey image is that of the colours.
func TestFromYCbCr(t *testing.T) {
	for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
		m := image.NewYCbCr(image.Rect(0, 0, 23, 17), ratio)
		for i := range m.Y {
			m.Y[i] = uint8(i * 37)
		}
		for i := range m.Cb {
			m.Cb[i], m.Cr[i] = uint8(i*91), uint8(255-i*53)
		}
		for _, r := range []image.Rectangle{m.Rect, image.Rect(1, 1, 20, 16), image.Rect(6, 3, 23, 17)} {
			part := m.SubImage(r)
			want := fromColour(part)
			if diff := cmp.Diff(want, fromStd(part)); diff != "" {
				t.Errorf("%v, %v: %.300s", ratio, r, diff)
			}
			if diff := cmp.Diff(want.Grey(), greyStd(part)); diff != "" {
				t.Errorf("grey of %v, %v: %.300s", ratio, r, diff)
			}
		}
	}
}
