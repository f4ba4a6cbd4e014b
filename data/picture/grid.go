package picture

const (
	gridScale = 2 // a pixel of an image becomes gridScale x gridScale pixels of the grid
	gridGap   = 2 // width in pixels of the grey line between images
)

// Grid returns one picture with rows of images of one size, enlarged without smoothing.
func Grid(rows ...[]Image) Image {
	columns := 0
	for _, row := range rows {
		columns = max(columns, len(row))
	}
	first := rows[0][0]
	h, w := first.H*gridScale+gridGap, first.W*gridScale+gridGap
	out := NewImage(first.C, h*len(rows)+gridGap, w*columns+gridGap, first.Bits)
	for i := range out.Pix {
		out.Pix[i] = uint16(1)<<(first.Bits-1) - 1
	}
	for r, row := range rows {
		for k, m := range row {
			out.paste(m, k*w+gridGap, r*h+gridGap)
		}
	}
	return out
}

func (m Image) paste(tile Image, x0, y0 int) {
	for c := range tile.C {
		for y := range tile.H * gridScale {
			for x := range tile.W * gridScale {
				m.Pix[(c*m.H+y0+y)*m.W+x0+x] = tile.Pix[(c*tile.H+y/gridScale)*tile.W+x/gridScale]
			}
		}
	}
}
