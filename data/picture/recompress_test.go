package picture

import (
	"math"
	"testing"
)

func TestRecompressKeepsAnImageOfHighQuality(t *testing.T) {
	for _, c := range []int{1, 3} {
		m := NewImage(c, 16, 16, 8)
		for i := range m.Pix {
			m.Pix[i] = uint16(i % 16 * 10)
		}
		got := m.Recompress(100)
		if got.C != c || got.H != 16 || got.W != 16 || got.Bits != 8 {
			t.Fatalf("%d channels: became %dx%dx%d of %d bits", c, got.C, got.H, got.W, got.Bits)
		}
		for i, v := range got.Pix {
			if math.Abs(float64(v)-float64(m.Pix[i])) > 4 {
				t.Fatalf("%d channels, value %d: %d became %d", c, i, m.Pix[i], v)
			}
		}
	}
}
