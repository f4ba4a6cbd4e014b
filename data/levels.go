package data

import "encoding/binary"

// bytes is the size of an image as levels.
func (i Info) bytes() int { return i.C * i.H * i.W * i.Bits / 8 }

// toLevels writes samples as a pack and a device hold them: a byte each, or two, the low one first.
func toLevels(pix []uint16, bits int, dst []byte) {
	if bits == 8 {
		for i, v := range pix {
			dst[i] = byte(v)
		}
		return
	}
	for i, v := range pix {
		binary.LittleEndian.PutUint16(dst[2*i:], v)
	}
}

// fromLevels is toLevels' inverse.
func fromLevels(levels []byte, bits int) []uint16 {
	if bits == 8 {
		return widen(levels)
	}
	pix := make([]uint16, len(levels)/2)
	for i := range pix {
		pix[i] = binary.LittleEndian.Uint16(levels[2*i:])
	}
	return pix
}

func widen(bytes []uint8) []uint16 {
	out := make([]uint16, len(bytes))
	for i, v := range bytes {
		out[i] = uint16(v)
	}
	return out
}
