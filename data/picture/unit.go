package picture

import "math"

// ToUnit writes the image's levels v as pixels v/(2^bits-1)*2-1, in [-1, 1]. The product with UnitScale is rounded
// before 1 is subtracted, as on a device.
func ToUnit(m Image, dst []float32) {
	scale := UnitScale(m.Bits)
	for i, v := range m.Pix {
		dst[i] = float32(float32(v)*scale) - 1
	}
}

// UnitScale returns the factor that ToUnit multiplies levels of the given bits by.
func UnitScale(bits int) float32 { return 2 / float32(int(1)<<bits-1) }

// FromUnit inverts ToUnit: fixed scaling, rounded to the nearest
// level and clamped, without a contrast stretch per image.
func FromUnit(pixels []float32, c, h, w, bits int) Image {
	m := NewImage(c, h, w, bits)
	top := float64(int(1)<<bits - 1)
	for i, v := range pixels {
		m.Pix[i] = uint16(math.Round(min(max((float64(v)+1)/2*top, 0), top)))
	}
	return m
}
