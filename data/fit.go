package data

import (
	"fmt"

	"simgan/data/picture"
)

// fit says how size=HxW treats a picture with other proportions.
type fit string

// The fits.
const (
	stretch fit = "stretch" // height and width each on their own
	crop    fit = "crop"    // the largest window in the middle that has the proportions
	pad     fit = "pad"     // the smallest window around the picture that has them; the border is repeated
)

// fit returns the parameter fit, which belongs to size=HxW.
func (s Spec) fit() (fit, error) {
	f := fit(s.text("fit", string(stretch)))
	switch f {
	case stretch, crop, pad:
	default:
		return f, fmt.Errorf("data set %s: fit=%s: use stretch, crop or pad", s, f)
	}
	if _, resized := s.Params["size"]; !resized && s.Params["fit"] != "" {
		return f, fmt.Errorf("data set %s: fit=%s says how size=HxW is reached: add size=HxW", s, f)
	}
	return f, nil
}

// resize returns the picture at h x w.
func (f fit) resize(m picture.Image, h, w int) picture.Image {
	height, width := m.H, m.W
	tooWide := m.W*h > m.H*w
	switch {
	case f == stretch:
	case tooWide == (f == crop):
		width = max(1, (m.H*w+h/2)/h)
	default:
		height = max(1, (m.W*h+w/2)/w)
	}
	return m.Crop(floorHalf(m.W-width), floorHalf(m.H-height), width, height).Resize(h, w)
}

// floorHalf returns n/2, rounded down for negative n too.
func floorHalf(n int) int { return n >> 1 }

// stretched returns the factor, at least 1, by which reaching h x w changes the proportions of a picture of height x
// width.
func stretched(height, width, h, w int) float64 {
	factor := float64(width) * float64(h) / (float64(height) * float64(w))
	return max(factor, 1/factor)
}
