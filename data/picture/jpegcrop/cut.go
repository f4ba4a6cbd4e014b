package jpegcrop

import "image"

// cut writes the entropy-coded data of the MCUs and the end of the file. It reads all MCUs up to the last one of the
// window, because only reading a block shows where the next one begins.
func (c *Cutter) cut(mcus image.Rectangle) (ok bool) {
	columns := (c.width + 8*c.hMax - 1) / (8 * c.hMax)
	r, ends := reader{data: c.plain}, c.ends
	for y, left := 0, 0; y < mcus.Max.Y; y++ { // left: MCUs before the next restart
		for x := range columns {
			if left == 0 {
				if len(ends) == 0 {
					return false
				}
				r.at, r.end, ends = r.end, 8*ends[0], ends[1:]
				left = c.interval(columns * mcus.Max.Y)
			}
			left--
			inside := y >= mcus.Min.Y && x >= mcus.Min.X && x < mcus.Max.X
			if inside && x == mcus.Min.X {
				c.beginRow(y - mcus.Min.Y)
			}
			if !c.mcu(&r, inside) {
				return false
			}
		}
	}
	c.out.align()
	c.out.out = append(c.out.out, 0xff, mEOI)
	return true
}

// interval begins a restart interval of the file and returns its number of MCUs: all if there are no restarts.
func (c *Cutter) interval(all int) int {
	for i := range c.parts {
		c.parts[i].last = 0
	}
	if c.restart > 0 {
		return c.restart
	}
	return all
}

// beginRow begins a row of MCUs of the window, which is a restart interval.
func (c *Cutter) beginRow(row int) {
	if row > 0 {
		c.out.align()
		c.out.out = append(c.out.out, 0xff, mRST0+byte((row-1)%8))
	}
	for i := range c.parts {
		c.parts[i].written = 0
	}
}

// mcu reads one MCU and writes it if it is inside the window.
func (c *Cutter) mcu(r *reader, inside bool) bool {
	for _, i := range c.blocks {
		p := &c.parts[i]
		d, from, ok := r.block(c.dc[p.dc], c.ac[p.ac])
		if !ok {
			return false
		}
		p.last += d
		if !inside {
			continue
		}
		if !c.out.difference(p.last - p.written) {
			return false
		}
		p.written = p.last
		c.out.copy(r, from, r.at)
	}
	return true
}
