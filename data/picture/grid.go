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

// Ungrid returns the rows of images of a picture that Grid made, with at most that many columns. ok is false for
// another picture.
func Ungrid(grid Image, rows, most int) (images [][]Image, ok bool) {
	tall := grid.H - gridGap
	if tall <= 0 || tall%rows != 0 || (tall/rows-gridGap)%gridScale != 0 || tall/rows <= gridGap {
		return nil, false
	}
	for columns := most; columns > 0; columns-- {
		w := (grid.W - gridGap) / columns
		if (grid.W-gridGap)%columns != 0 || w <= gridGap || (w-gridGap)%gridScale != 0 || !grid.ruled(columns, w) {
			continue
		}
		for r := range rows {
			row := make([]Image, columns)
			for k := range row {
				row[k] = grid.tile(k*w+gridGap, r*tall/rows+gridGap, (tall/rows-gridGap)/gridScale, (w-gridGap)/gridScale)
			}
			images = append(images, row)
		}
		return images, true
	}
	return nil, false
}

// ruled reports whether the lines between columns of w pixels have the grid's grey.
func (m Image) ruled(columns, w int) bool {
	for i, v := range m.Pix {
		if x := i % m.W; x%w < gridGap && x/w <= columns && v != uint16(1)<<(m.Bits-1)-1 {
			return false
		}
	}
	return true
}

// tile returns the image of h x w pixels that paste put at a place.
func (m Image) tile(x0, y0, h, w int) Image {
	out := NewImage(m.C, h, w, m.Bits)
	for i := range out.Pix {
		c, y, x := i/(h*w), i/w%h, i%w
		out.Pix[i] = m.Pix[(c*m.H+y0+y*gridScale)*m.W+x0+x*gridScale]
	}
	return out
}
