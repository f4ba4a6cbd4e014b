package picture

// Equalize returns the 8-bit grey image with its levels spread evenly: each level becomes the share of pixels up to it,
// and the darkest becomes 0.
func (m Image) Equalize() Image {
	var count, level [256]int
	for _, v := range m.Pix {
		count[v]++
	}
	below, darkest := 0, 0
	for v, n := range count {
		if below == 0 {
			darkest = n
		}
		below += n
		if rest := len(m.Pix) - darkest; rest > 0 && n > 0 {
			level[v] = ((below-darkest)*255 + rest/2) / rest
		}
	}
	out := NewImage(m.C, m.H, m.W, m.Bits)
	for i, v := range m.Pix {
		out.Pix[i] = uint16(level[v])
	}
	return out
}
