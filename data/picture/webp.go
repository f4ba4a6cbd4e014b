package picture

import "image"

// fromWebP copies a picture that was decoded from WebP. Its YCbCr is not JPEG's: levels lie in 16 to 235 (luma) or 240
// (chroma) [ITU-R BT.601], and chroma is interpolated. The levels are those of libwebp, which Pillow uses.
func fromWebP(m image.Image) Image {
	switch g := m.(type) {
	case *image.YCbCr:
		return fromStudio(g)
	case *image.NYCbCrA:
		return fromStudio(&g.YCbCr)
	}
	return fromStd(m)
}

// fromStudio converts 4:2:0, the only ratio of WebP. The factors are BT.601's in units of 1/16384, the sums in those of
// 1/64, as in libwebp's dsp/yuv.h.
func fromStudio(m *image.YCbCr) Image {
	b := m.Bounds()
	out := NewImage(3, b.Dy(), b.Dx(), 8)
	cb := chroma{m.Cb, m.CStride, (out.W + 1) / 2, (out.H + 1) / 2}
	cr := chroma{m.Cr, m.CStride, (out.W + 1) / 2, (out.H + 1) / 2}
	n := out.H * out.W
	for i := range n {
		x, y := i%out.W, i/out.W
		luma, u, v := int(m.Y[y*m.YStride+x])*19077>>8, cb.at(x, y), cr.at(x, y)
		out.Pix[i] = level64(luma + v*26149>>8 - 14234)
		out.Pix[n+i] = level64(luma - u*6419>>8 - v*13320>>8 + 8708)
		out.Pix[2*n+i] = level64(luma + u*33050>>8 - 17685)
	}
	return out
}

// level64 returns the level of a sum in units of 1/64.
func level64(sum int) uint16 { return uint16(min(max(sum>>6, 0), 255)) }

// chroma is a plane of half the height and width.
type chroma struct {
	levels       []uint8
	stride, w, h int
}

// at interpolates the plane at a pixel of the picture: 9/16 of the nearest level, 3/16 of the next ones in its row and
// its column, 1/16 of the one between them. libwebp rounds twice.
func (c chroma) at(x, y int) int {
	nearX, nearY := x/2, y/2
	farX, farY := clampTo(nearX+x%2*2-1, c.w), clampTo(nearY+y%2*2-1, c.h)
	level := func(x, y int) int { return int(c.levels[y*c.stride+x]) }
	near, row, column := level(nearX, nearY), level(farX, nearY), level(nearX, farY)
	between := (near + level(farX, farY) + 3*(row+column) + 8) >> 3
	return (between + near) >> 1
}
