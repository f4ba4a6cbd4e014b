package picture

import "encoding/binary"

// PutLevels writes the image's levels as a pack and a device hold them: 1 byte each, or 2, little-endian.
func (m Image) PutLevels(dst []byte) {
	if m.Bits == 8 {
		for i, v := range m.Pix {
			dst[i] = byte(v)
		}
		return
	}
	for i, v := range m.Pix {
		binary.LittleEndian.PutUint16(dst[2*i:], v)
	}
}

// FromLevels returns the image whose levels PutLevels wrote.
func FromLevels(c, h, w, bits int, levels []byte) Image {
	m := NewImage(c, h, w, bits)
	if bits == 8 {
		widen(m.Pix, levels)
		return m
	}
	for i := range m.Pix {
		m.Pix[i] = binary.LittleEndian.Uint16(levels[2*i:])
	}
	return m
}

// widen sets dst to the first len(dst) bytes.
func widen(dst []uint16, bytes []uint8) {
	for i, v := range bytes[:len(dst)] {
		dst[i] = uint16(v)
	}
}
