package picture

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tolerance is how many levels a picture may differ from Pillow's. PNG, TIFF and WebP are equal. JPEG's cosine
// transform and colours are rounded in other ways (1 or 2 levels). In 420.jpg a chroma sample stands for 4 pixels:
// image/jpeg repeats it, libjpeg-turbo interpolates.
func tolerance(name string) int {
	switch {
	case name == "420.jpg":
		return 48
	case strings.HasSuffix(name, ".jpg"):
		return 2
	}
	return 0
}

// Every decoder sees what Pillow sees (scripts/pictures.py): all kinds, alpha, palettes, 16 bits, every orientation. A
// window is the crop of the whole picture.
func TestDecodeSeesWhatPillowSees(t *testing.T) {
	text, err := os.ReadFile("testdata/pillow.json")
	if err != nil {
		t.Fatal(err)
	}
	var pictures map[string]struct {
		Shape  [3]int
		Bits   int
		Levels []int
	}
	if err := json.Unmarshal(text, &pictures); err != nil {
		t.Fatal(err)
	}
	if len(pictures) < 45 {
		t.Errorf("only %d pictures", len(pictures))
	}
	for name, want := range pictures {
		path := filepath.Join("testdata", name)
		got, err := Decode(path)
		if shape := [3]int{got.C, got.H, got.W}; err != nil || shape != want.Shape || got.Bits != want.Bits {
			t.Errorf("%s: %v of %d bits, %v; Pillow sees %v of %d", name, shape, got.Bits, err, want.Shape, want.Bits)
			continue
		}
		worst := 0
		for i, v := range got.Pix {
			worst = max(worst, int(v)-want.Levels[i], want.Levels[i]-int(v))
		}
		if worst > tolerance(name) {
			t.Errorf("%s: up to %d levels from Pillow's", name, worst)
		}
		width, height, err := ReadSize(path)
		if err != nil || height != got.H || width != got.W {
			t.Errorf("%s: its size is read as %dx%d, %v", name, height, width, err)
		}
		window, err := DecodeWindow(path, func(width, height int) (int, int, int, int) {
			return 2, 1, width - 3, height
		})
		if diff := cmp.Diff(got.Grey().Crop(2, 1, got.W-3, got.H), window); err != nil || diff != "" {
			t.Errorf("%s: its window is not its crop: %v %.300s", name, err, diff)
		}
	}
}

// A phone's HEIC is refused with the way out, whatever its name.
func TestHEICIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phone.jpg")
	if err := os.WriteFile(path, []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Decode(path)
	_, window := DecodeWindow(path, func(w, h int) (int, int, int, int) { return 0, 0, w, h })
	for _, err := range []error{err, window} {
		if err == nil || !strings.Contains(err.Error(), "is HEIC or AVIF") || !strings.Contains(err.Error(), "magick ") {
			t.Error(err)
		}
	}
}
