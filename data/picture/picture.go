// Package picture holds images of 8- or 16-bit levels: reading and writing PNG and JPEG files, cropping, resizing, and
// conversion to pixels in [-1, 1]. It knows no data sets.
package picture

// Image holds C x H x W levels in a tensor's order: one plane per channel, rows from the top.
type Image struct {
	C, H, W int
	Bits    int      // 8 or 16
	Pix     []uint16 // C*H*W levels, 0 .. 1<<Bits - 1
}

// NewImage returns a black image.
func NewImage(c, h, w, bits int) Image {
	return Image{C: c, H: h, W: w, Bits: bits, Pix: make([]uint16, c*h*w)}
}

// Grey returns the image's luma (Rec. 601: 0.299 R + 0.587 G + 0.114 B). It returns a grey image as it is.
func (m Image) Grey() Image {
	if m.C == 1 {
		return m
	}
	out := NewImage(1, m.H, m.W, m.Bits)
	n := m.H * m.W
	greyRow(m.Pix[:n], m.Pix[n:2*n], m.Pix[2*n:], out.Pix)
	return out
}

// greyRow writes the luma of pixels.
func greyRow(red, green, blue, dst []uint16) {
	for i, r := range red {
		dst[i] = uint16(0.299*float64(r) + 0.587*float64(green[i]) + 0.114*float64(blue[i]) + 0.5)
	}
}

// Crop returns the window of w x h at (x0, y0). Outside the image its border is repeated.
func (m Image) Crop(x0, y0, w, h int) Image {
	if x0 == 0 && y0 == 0 && w == m.W && h == m.H {
		return m
	}
	out := NewImage(m.C, h, w, m.Bits)
	for c := range m.C {
		for y := range h {
			row := (c*m.H + min(max(y0+y, 0), m.H-1)) * m.W
			for x := range w {
				out.Pix[(c*h+y)*w+x] = m.Pix[row+min(max(x0+x, 0), m.W-1)]
			}
		}
	}
	return out
}

// Mirror returns the image flipped left to right.
func (m Image) Mirror() Image {
	out := NewImage(m.C, m.H, m.W, m.Bits)
	for i := range m.Pix {
		out.Pix[i] = m.Pix[i-i%m.W+m.W-1-i%m.W]
	}
	return out
}
