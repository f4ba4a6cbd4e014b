package picture

import (
	"image"
	"image/color"
)

// fromStd copies a standard library image.
func fromStd(m image.Image) Image {
	b := m.Bounds()
	switch g := m.(type) {
	case *image.Gray:
		out := NewImage(1, b.Dy(), b.Dx(), 8)
		for y := range out.H {
			widen(out.Pix[y*out.W:(y+1)*out.W], g.Pix[y*g.Stride:])
		}
		return out
	case *image.Gray16:
		out := NewImage(1, b.Dy(), b.Dx(), 16)
		for i := range out.Pix {
			out.Pix[i] = g.Gray16At(b.Min.X+i%out.W, b.Min.Y+i/out.W).Y
		}
		return out
	case *image.YCbCr:
		return fromYCbCr(g)
	}
	return fromColour(m)
}

// fromColour drops alpha: a transparent pixel keeps its stored colour. Go's colours are premultiplied by alpha on the
// way through color.Color, which loses it, so the types that store it are read directly.
func fromColour(m image.Image) Image {
	b := m.Bounds()
	bits, shift := 8, 8
	switch m.(type) {
	case *image.RGBA64, *image.NRGBA64:
		bits, shift = 16, 0
	}
	at := storedColours(m)
	out := NewImage(3, b.Dy(), b.Dx(), bits)
	n := out.H * out.W
	for i := range n {
		c := at(b.Min.X+i%out.W, b.Min.Y+i/out.W)
		out.Pix[i], out.Pix[n+i], out.Pix[2*n+i] = c.R>>shift, c.G>>shift, c.B>>shift
	}
	return out
}

// storedColours returns a function that reads colours as they are stored.
func storedColours(m image.Image) func(x, y int) color.NRGBA64 {
	switch g := m.(type) {
	case *image.NRGBA:
		return func(x, y int) color.NRGBA64 { return widened(g.NRGBAAt(x, y)) }
	case *image.NRGBA64:
		return g.NRGBA64At
	case *image.Paletted:
		colours := make([]color.NRGBA64, len(g.Palette))
		for i, c := range g.Palette {
			colours[i] = stored(c)
		}
		return func(x, y int) color.NRGBA64 { return colours[g.ColorIndexAt(x, y)] }
	}
	return func(x, y int) color.NRGBA64 { return stored(m.At(x, y)) }
}

func stored(c color.Color) color.NRGBA64 {
	if c, ok := c.(color.NRGBA); ok {
		return widened(c)
	}
	return color.NRGBA64Model.Convert(c).(color.NRGBA64)
}

func widened(c color.NRGBA) color.NRGBA64 {
	return color.NRGBA64{uint16(c.R) * 0x101, uint16(c.G) * 0x101, uint16(c.B) * 0x101, uint16(c.A) * 0x101}
}

// std returns the image as the standard library's type, for encoding: 8 or 16 bits, grey or colour.
func (m Image) std() image.Image {
	r := image.Rect(0, 0, m.W, m.H)
	n := m.H * m.W
	switch {
	case m.C == 1 && m.Bits == 8:
		g := image.NewGray(r)
		for i, v := range m.Pix {
			g.Pix[i] = uint8(v)
		}
		return g
	case m.C == 1:
		g := image.NewGray16(r)
		for i, v := range m.Pix {
			g.SetGray16(i%m.W, i/m.W, color.Gray16{Y: v})
		}
		return g
	case m.Bits == 8:
		g := image.NewNRGBA(r)
		for i := range n {
			g.SetNRGBA(i%m.W, i/m.W, color.NRGBA{uint8(m.Pix[i]), uint8(m.Pix[n+i]), uint8(m.Pix[2*n+i]), 255})
		}
		return g
	}
	g := image.NewNRGBA64(r)
	for i := range n {
		g.SetNRGBA64(i%m.W, i/m.W, color.NRGBA64{m.Pix[i], m.Pix[n+i], m.Pix[2*n+i], 65535})
	}
	return g
}

// greyStd returns fromStd(m).Grey(). For a JPEG it skips the colour image in between.
func greyStd(m image.Image) Image {
	colour, ok := m.(*image.YCbCr)
	if !ok {
		return fromStd(m).Grey()
	}
	b := m.Bounds()
	out, row := NewImage(1, b.Dy(), b.Dx(), 8), make([]uint16, 3*b.Dx())
	w := out.W
	for y := range out.H {
		rowRGB(colour, y, row[:w], row[w:2*w], row[2*w:])
		greyRow(row[:w], row[w:2*w], row[2*w:], out.Pix[y*w:(y+1)*w])
	}
	return out
}

// fromYCbCr is fromColour for JPEGs: the same values without an interface call per pixel.
func fromYCbCr(m *image.YCbCr) Image {
	b := m.Bounds()
	out := NewImage(3, b.Dy(), b.Dx(), 8)
	n, w := out.H*out.W, out.W
	for y := range out.H {
		rowRGB(m, y, out.Pix[y*w:(y+1)*w], out.Pix[n+y*w:n+(y+1)*w], out.Pix[2*n+y*w:2*n+(y+1)*w])
	}
	return out
}

// chromaShift holds the shift of each ratio: 1 << shift columns share a chroma sample.
var chromaShift = map[image.YCbCrSubsampleRatio]int{
	image.YCbCrSubsampleRatio422: 1, image.YCbCrSubsampleRatio420: 1,
	image.YCbCrSubsampleRatio411: 2, image.YCbCrSubsampleRatio410: 2,
}

// rowRGB converts row y of a JPEG's picture, counted from the top of its bounds.
func rowRGB(m *image.YCbCr, y int, red, green, blue []uint16) {
	from, shift := m.Rect.Min.X, chromaShift[m.SubsampleRatio]
	luma, chroma := m.Y[m.YOffset(from, m.Rect.Min.Y+y):], m.COffset(from, m.Rect.Min.Y+y)
	cb, cr := m.Cb[chroma:], m.Cr[chroma:]
	for x := range red {
		c := (from+x)>>shift - from>>shift
		r, g, b := color.YCbCrToRGB(luma[x], cb[c], cr[c])
		red[x], green[x], blue[x] = uint16(r), uint16(g), uint16(b)
	}
}
