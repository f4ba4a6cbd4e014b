package simulate

import (
	"math"
	"math/rand/v2"
)

// NoDepth is the value of unmeasured pixels in NYU's depth pictures.
const NoDepth = 2001

// A Kinect 1 projects a pattern from 75 mm to the left of its camera and measures
// disparity in eighths of a pixel (Khoshelham & Elberink 2012). Depth steps are
// z^2 / (8 f b): 1.6 mm at 750 mm and 11 mm at 1950 mm, as in NYU's pictures.
const (
	baseline      = 75.0 // mm
	disparityStep = 8.0  // steps per pixel
)

// The pattern is a grid of spots, one bright dot in each 3 x 3 (Reichinger, "Kinect Pattern Uncovered", 2011). It is
// matched in windows of 9 x 9 pixels (Gschwandtner et al., "BlenSor", 2011; Bohg et al. 2014, render_kinect). As in
// those, matching is simulated from the surface at each dot: the result is the disparity that most dots of a window
// share, if there are enough.
const (
	dotCell  = 3   // side of the cell of one dot, pixels
	halfWide = 4   // distance from a window's centre to its border, pixels
	round    = 22  // squared radius of a window in pixels: a square window would leave straight gaps
	alike    = 0.7 // largest difference of disparity between a match's dots and its first dot, pixels
	enough   = 3   // least number of dots of a match; a window has 8 on average
	// Standard deviation of a dot's position in pixels; that of a window's mean is 0.07, 0.9 mm at 800 mm (Khoshelham).
	wobble = 0.2
)

// sensor holds the disturbance of one Kinect picture.
type sensor struct {
	seed uint64
	loss float64 // mean share of dots that are not found; it varies by patches
}

// newSensor draws a picture's disturbance. Three Kinects recorded NYU's hands at once. Where their patterns overlap,
// dots are lost in patches (Maimone & Fuchs 2012: 17 % of the pixels with six Kinects). The amount is a guess: a fifth
// of the pictures lose less than 3 %, as frame 1 of NYU's test set seems to; the mean is 23 %.
func newSensor(r *rand.Rand) sensor {
	u := r.Float64()
	return sensor{seed: r.Uint64(), loss: 0.7 * u * u}
}

// see returns the window as the camera measures it, in mm.
func (k sensor) see(h *Hand, w Window) []uint16 {
	wide := Window{w.X - margin, w.Y - dotMargin, w.W + margin + dotMargin, w.H + 2*dotMargin}
	z := h.surface(wide)
	dots := k.dots(z, shadows(z, wide.W, wide.H), wide)
	out := make([]uint16, w.W*w.H)
	for i := range out {
		out[i] = NoDepth
		if d := dots.match(i%w.W+w.X, i/w.W+w.Y); d > 0 {
			mm := math.Round(FocalX * baseline * disparityStep / math.Round(d*disparityStep))
			out[i] = uint16(min(mm, NoDepth))
		}
	}
	return out
}

// dotMargin is the number of pixels beside a window whose dots matter: half a match's window, its first cell, and the
// neighbour that a slope needs.
const dotMargin = halfWide + 2*dotCell

// shadows returns which pixels the projector does not light. A point at (u, z) is at u + f b / z in the projector's
// picture. It is dark if a point to its left is farther right in that picture.
func shadows(z []float64, w, h int) []bool {
	dark := make([]bool, len(z))
	for y := range h {
		furthest := math.Inf(-1)
		for x := range w {
			reached := float64(x) + FocalX*baseline/z[y*w+x]
			dark[y*w+x] = reached < furthest-1
			furthest = max(furthest, reached)
		}
	}
	return dark
}

// pattern holds the dots that the camera finds, one per cell of the picture.
type pattern struct {
	col, row, w int // first column and row of cells, and number of columns
	dots        []speck
}

// speck is a dot's position in the picture and its disparity in pixels, 0 if it was not found.
type speck struct {
	x, y      int
	disparity float64
}

// dots finds the dots of all cells inside the window without its border of one pixel.
func (k sensor) dots(z []float64, dark []bool, w Window) pattern {
	p := pattern{col: cell(w.X) + 1, row: cell(w.Y) + 1, w: cell(w.X+w.W-1) - cell(w.X) - 1}
	for row := p.row; row < cell(w.Y+w.H-1); row++ {
		for col := p.col; col < p.col+p.w; col++ {
			r := rand.New(rand.NewPCG(k.seed, uint64(uint32(row))<<32|uint64(uint32(col))))
			d := speck{x: col*dotCell + r.IntN(dotCell), y: row*dotCell + r.IntN(dotCell)}
			at := (d.y-w.Y)*w.W + d.x - w.X
			if found := r.Float64(); !dark[at] && !math.IsInf(z[at], 1) && found > k.lost(z, at, w.W, d) {
				d.disparity = FocalX*baseline/z[at] + wobble*r.NormFloat64()
			}
			p.dots = append(p.dots, d)
		}
	}
	return p
}

// lost returns the probability that a dot is not found. It rises from 0 at 60 degrees between ray and normal to 1 at 80
// degrees (Nguyen, Izadi & Lovell 2012), and is at least the picture's loss in that patch.
func (k sensor) lost(z []float64, at, stride int, d speck) float64 {
	slope := math.Hypot(steep(z[at-1], z[at], z[at+1]), steep(z[at-stride], z[at], z[at+stride])) * FocalX / z[at]
	angle := math.Atan(slope) * 180 / math.Pi
	patch := k.loss * (1 + 2*lattice(float64(d.x)/18, float64(d.y)/18, k.seed))
	return max(patch, (angle-60)/20)
}

// steep returns the smaller difference between b and its neighbours,
// so that a step at an outline does not count as a slope.
func steep(a, b, c float64) float64 { return min(math.Abs(b-a), math.Abs(c-b)) }

// match returns the disparity in pixels at a pixel of the picture, 0 if there is no match: the mean of the largest
// group of alike dots in its window, or of the nearest of several such groups.
func (p pattern) match(x, y int) float64 {
	var around [(2*halfWide/dotCell + 2) * (2*halfWide/dotCell + 2)]float64
	n := 0
	left, right := cell(x-halfWide)-p.col, cell(x+halfWide)-p.col+1
	for row := cell(y-halfWide) - p.row; row <= cell(y+halfWide)-p.row; row++ {
		for _, d := range p.dots[row*p.w+left : row*p.w+right] {
			if d.disparity > 0 && (d.x-x)*(d.x-x)+(d.y-y)*(d.y-y) <= round {
				around[n] = d.disparity
				n++
			}
		}
	}
	most, best := enough-1, 0.0
	for _, d := range around[:n] {
		sum, same := 0.0, 0
		for _, e := range around[:n] {
			if math.Abs(e-d) < alike {
				sum, same = sum+e, same+1
			}
		}
		if mean := sum / float64(same); same > most || same == most && mean > best && best > 0 {
			most, best = same, mean
		}
	}
	return best
}

// cell returns the row or column of cells of a pixel.
func cell(pixel int) int { return int(math.Floor(float64(pixel) / dotCell)) }
