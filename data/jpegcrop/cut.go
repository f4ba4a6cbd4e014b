package jpegcrop

import "image"

// cut writes the entropy-coded data of the MCUs, with the file's end. It walks over all MCUs up to the last of them, for
// where a block begins is known only by reading the one before.
func (p *picture) cut(segments [][]byte, mcus image.Rectangle) (data []byte, ok bool) {
	columns := (p.width + 8*p.hMax - 1) / (8 * p.hMax)
	var r *reader
	w := &writer{}
	var written [3]int // DC values written last
	for n := range columns * mcus.Max.Y {
		if n == 0 || p.restart > 0 && n%p.restart == 0 {
			if len(segments) == 0 {
				return nil, false
			}
			r, segments = newReader(segments[0]), segments[1:]
			for i := range p.parts {
				p.parts[i].last = 0
			}
		}
		at := image.Pt(n%columns, n/columns)
		inside := at.In(mcus)
		if inside && at.X == mcus.Min.X {
			if row := at.Y - mcus.Min.Y; row > 0 {
				w.align()
				w.out = append(w.out, 0xff, mRST0+byte((row-1)%8))
			}
			written = [3]int{}
		}
		if !p.mcu(r, w, &written, inside) {
			return nil, false
		}
	}
	w.align()
	return append(w.out, 0xff, mEOI), true
}

// mcu reads one MCU and writes it where it is inside the window.
func (p *picture) mcu(r *reader, w *writer, written *[3]int, inside bool) bool {
	for i := range p.parts {
		c := &p.parts[i]
		for range int(c.h) * int(c.v) {
			d, ok := r.difference(p.dc[c.dc])
			from := r.at
			if !ok || !r.block(p.ac[c.ac]) {
				return false
			}
			c.last += d
			if !inside {
				continue
			}
			if !w.difference(c.last - written[i]) {
				return false
			}
			written[i] = c.last
			w.copy(r, from, r.at)
		}
	}
	return true
}
