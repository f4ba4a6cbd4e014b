package picture

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every level of an image survives the conversion to pixels and back: no stretch, no scaling by 256, no truncation.
func TestUnitRoundTrip(t *testing.T) {
	for _, bits := range []int{8, 16} {
		m := NewImage(1, 1, 1<<bits, bits)
		for i := range m.Pix {
			m.Pix[i] = uint16(i)
		}
		unit := make([]float32, len(m.Pix))
		ToUnit(m, unit)
		if unit[0] != -1 || unit[len(unit)-1] != 1 {
			t.Errorf("%d bits: range is %v to %v", bits, unit[0], unit[len(unit)-1])
		}
		if diff := cmp.Diff(m, FromUnit(unit, 1, 1, 1<<bits, bits)); diff != "" {
			t.Errorf("%d bits: %s", bits, diff[:min(len(diff), 300)])
		}
	}
	if m := FromUnit([]float32{-0.2, 0.2}, 1, 1, 2, 8); m.Pix[0] != 102 || m.Pix[1] != 153 {
		t.Errorf("an image of little contrast was stretched to %v", m.Pix)
	}
	if m := FromUnit([]float32{-3, 3}, 1, 1, 2, 8); m.Pix[0] != 0 || m.Pix[1] != 255 {
		t.Errorf("values outside of [-1, 1] became %v", m.Pix)
	}
}

func TestImageFilesRoundTrip(t *testing.T) {
	for _, c := range []struct{ channels, bits int }{{1, 8}, {1, 16}, {3, 8}, {3, 16}} {
		m := NewImage(c.channels, 4, 6, c.bits)
		for i := range m.Pix {
			m.Pix[i] = uint16(i*2654435761>>7) & (1<<c.bits - 1)
		}
		path := filepath.Join(t.TempDir(), "m.png")
		if err := EncodePNG(path, m); err != nil {
			t.Fatal(err)
		}
		got, err := Decode(path)
		if diff := cmp.Diff(m, got); err != nil || diff != "" {
			t.Errorf("%d channels of %d bits: %v %s", c.channels, c.bits, err, diff)
		}
	}
}

// Resize must not swap height and width.
func TestResizeKeepsOrientation(t *testing.T) {
	m := NewImage(1, 36, 60, 8)
	for i := range m.Pix {
		if i/60 < 18 {
			m.Pix[i] = 200
		}
	}
	small := m.Resize(35, 55)
	if small.H != 35 || small.W != 55 || small.Pix[5*55+50] != 200 || small.Pix[30*55+5] != 0 {
		t.Errorf("resized to %dx%d; top right %d, bottom left %d", small.H, small.W, small.Pix[5*55+50], small.Pix[30*55+5])
	}
	if mirrored := m.Crop(-2, 0, 4, 1); !slices.Equal(mirrored.Pix, []uint16{200, 200, 200, 200}) {
		t.Errorf("crop past the border is %v", mirrored.Pix)
	}
}

// Equalize spreads the levels of a dark image evenly and keeps their order.
func TestEqualize(t *testing.T) {
	m := NewImage(1, 1, 4, 8)
	copy(m.Pix, []uint16{12, 10, 11, 13})
	if got := m.Equalize().Pix; !slices.Equal(got, []uint16{170, 0, 85, 255}) {
		t.Errorf("equalised levels are %v", got)
	}
	flat := NewImage(1, 1, 4, 8)
	if got := flat.Equalize().Pix; !slices.Equal(got, make([]uint16, 4)) {
		t.Errorf("an image of one level became %v", got)
	}
}
