package picture

import (
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/image/draw"
)

// Resize equals draw.CatmullRom to the bit: for smaller and larger sizes and one of each, at 8 and 16 bits, on noise
// and on hard edges, where the kernel overshoots.
func TestResizeIsCatmullRom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, bits := range []int{8, 16} {
		for _, size := range [][4]int{
			{84, 140, 35, 55}, {35, 55, 36, 60}, {168, 280, 35, 55}, {20, 7, 5, 30}, {1, 1, 3, 2}, {9, 13, 1, 1},
			{480, 640, 224, 224},
		} {
			m := NewImage(3, size[0], size[1], bits)
			top := 1<<bits - 1
			for i := range m.Pix {
				switch plane := i / (m.H * m.W); plane {
				case 0:
					m.Pix[i] = uint16(random.IntN(top + 1))
				case 1:
					m.Pix[i] = uint16(top * random.IntN(2))
				default:
					m.Pix[i] = uint16(top * (i % m.W / 3 % 2))
				}
			}
			got := m.Resize(size[2], size[3])
			for c := range m.C {
				n := got.H * got.W
				if want := drawn(m.plane(c), got.H, got.W); !slices.Equal(got.Pix[c*n:(c+1)*n], want.Pix) {
					t.Errorf("%d bits, %v, plane %d: differs: %s", bits, size, c, firstDifference(got.Pix[c*n:(c+1)*n], want.Pix))
				}
			}
		}
	}
}

func (m Image) plane(c int) Image {
	n := m.H * m.W
	return Image{C: 1, H: m.H, W: m.W, Bits: m.Bits, Pix: m.Pix[c*n : (c+1)*n]}
}

func drawn(m Image, h, w int) Image {
	target := NewImage(1, h, w, m.Bits).std().(draw.Image)
	draw.CatmullRom.Scale(target, target.Bounds(), m.std(), image.Rect(0, 0, m.W, m.H), draw.Src, nil)
	return fromStd(target)
}

func firstDifference(got, want []uint16) string {
	for i := range got {
		if got[i] != want[i] {
			return fmt.Sprintf("level %d is %d, not %d", i, got[i], want[i])
		}
	}
	return "in length"
}
