package simulate

import "math"

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
	// Standard deviation of a dot's position in pixels. That of a window's mean is 0.05, and with the rounding to steps
	// 0.062: 0.5 steps, as Khoshelham measured, and 0.8 mm at 800 mm.
	wobble = 0.12
)

// dotMargin is the number of pixels beside a window whose dots matter: the distance to a false match's middle, half a
// match's window, its first cell, and the neighbour that a slope needs.
const dotMargin = flyingReach + halfWide + 2*dotCell

// pattern holds the dots that the camera may find, one per cell of the picture.
type pattern struct {
	col, row, w int // first column and row of cells, and number of columns
	dots        []speck
}

// speck is a dot's position in the picture, its disparity in pixels (0 if it shows nothing), the error of the measured
// disparity, and whether the camera finds the dot.
type speck struct {
	x, y           int
	disparity, off float64
	found          bool
}

// dots returns the dots of all cells inside the window without its border of one pixel.
func (k *sensor) dots(z []float64, w Window) pattern {
	dark := make([]bool, len(z))
	if k.shadow {
		dark = shadows(z, w.W, w.H)
	}
	p := pattern{col: floorDiv(w.X, dotCell) + 1, row: floorDiv(w.Y, dotCell) + 1}
	right, bottom := floorDiv(w.X+w.W-1, dotCell), floorDiv(w.Y+w.H-1, dotCell)
	p.w = right - p.col
	for row := p.row; row < bottom; row++ {
		for col := p.col; col < right; col++ {
			h := scatter(k.pattern, col, row)
			d := speck{x: col*dotCell + int(h%dotCell), y: row*dotCell + int(h>>32%dotCell)}
			at := (d.y-w.Y)*w.W + d.x - w.X
			if !math.IsInf(z[at], 1) {
				d.disparity = focalBase / z[at]
				d.found = !dark[at] && !k.tooSteep(z, at, w.W, col, row) && !k.jammed(d, col, row)
			}
			if k.noise != 0 {
				d.off = wobble * normal(scatter(k.noise, col, row))
			}
			p.dots = append(p.dots, d)
		}
	}
	return p
}

// shadows returns which pixels the projector does not light. A point at (u, z) is at u + f b / z in the projector's
// picture. It is dark if a point to its left is farther right in that picture.
func shadows(z []float64, w, h int) []bool {
	dark := make([]bool, len(z))
	for y := range h {
		furthest := math.Inf(-1)
		for x := range w {
			reached := float64(x) + focalBase/z[y*w+x]
			dark[y*w+x] = reached < furthest-1
			furthest = max(furthest, reached)
		}
	}
	return dark
}

// tooSteep reports whether the surface's slope loses a dot. The probability rises from 0 at 60 degrees between ray and
// normal to 1 at 80 degrees (Nguyen, Izadi & Lovell 2012).
func (k *sensor) tooSteep(z []float64, at, stride, col, row int) bool {
	if k.slopes == 0 {
		return false
	}
	slope := math.Hypot(steep(z[at-1], z[at], z[at+1]), steep(z[at-stride], z[at], z[at+stride])) * FocalX / z[at]
	angle := math.Atan(slope) * 180 / math.Pi
	return share(scatter(k.slopes, col, row)) < (angle-60)/20
}

// steep returns the smaller difference between b and its neighbours,
// so that a step at an outline does not count as a slope.
func steep(a, b, c float64) float64 { return min(math.Abs(b-a), math.Abs(c-b)) }

// jammed reports whether another Kinect's pattern hides a dot: the picture's loss, more in some patches than in others.
func (k *sensor) jammed(d speck, col, row int) bool {
	if k.holes == 0 {
		return false
	}
	patch := k.loss * (1 + 2*lattice(float64(d.x)/18, float64(d.y)/18, k.holes))
	return share(scatter(k.holes, col, row)) < patch
}

// around calls do with each dot in the window of the pixel (x, y), and with the dot's weight. The weight falls to 0 at
// the window's border, because the sensor's depths change smoothly from pixel to pixel.
func (p pattern) around(x, y int, do func(d *speck, weight float64)) {
	left, right := floorDiv(x-halfWide, dotCell)-p.col, floorDiv(x+halfWide, dotCell)-p.col+1
	for row := floorDiv(y-halfWide, dotCell) - p.row; row <= floorDiv(y+halfWide, dotCell)-p.row; row++ {
		dots := p.dots[row*p.w+left : row*p.w+right]
		for i := range dots {
			d := &dots[i]
			if far := (d.x-x)*(d.x-x) + (d.y-y)*(d.y-y); far <= round {
				do(d, float64(round+1-far))
			}
		}
	}
}

// match returns the disparity in pixels at a pixel of the picture, 0 if there is no match: the weighted mean of the
// largest group of alike dots in its window, or of the nearest of several such groups.
func (p pattern) match(x, y int) float64 {
	var near, weights [(2*halfWide/dotCell + 2) * (2*halfWide/dotCell + 2)]float64
	n := 0
	p.around(x, y, func(d *speck, weight float64) {
		if d.found {
			near[n], weights[n] = d.disparity+d.off, weight
			n++
		}
	})
	most, best := enough-1, 0.0
	for _, d := range near[:n] {
		sum, weight, same := 0.0, 0.0, 0
		for j, e := range near[:n] {
			if math.Abs(e-d) < alike {
				sum, weight, same = sum+weights[j]*e, weight+weights[j], same+1
			}
		}
		if mean := sum / weight; same > most || same == most && mean > best && best > 0 {
			most, best = same, mean
		}
	}
	return best
}

// keep returns a pixel's own disparity with the mean error of the found dots of its surface, 0 if it shows nothing or
// too few of its surface's dots are found. Without windows, thin parts are kept as long as all their dots are found.
func (p pattern) keep(x, y int, own float64) float64 {
	total, found, sum, weights := 0, 0, 0.0, 0.0
	p.around(x, y, func(d *speck, weight float64) {
		if math.Abs(d.disparity-own) >= alike {
			return
		}
		total++
		if d.found {
			found, sum, weights = found+1, sum+weight*d.off, weights+weight
		}
	})
	if found < min(enough, total) || own <= 0 {
		return 0
	}
	return own + sum/max(weights, 1)
}

// sparse returns the disparity of the nearest dot in the pixel's window, 0 if more than half of the window's dots show
// something, or none.
func (p pattern) sparse(x, y int) (nearest float64) {
	total, shown := 0, 0
	p.around(x, y, func(d *speck, _ float64) {
		if total++; d.disparity > 0 {
			shown, nearest = shown+1, max(nearest, d.disparity)
		}
	})
	if 2*shown > total {
		return 0
	}
	return nearest
}

// scatter returns a random number for a cell: SplitMix64's mixing of seed, column and row.
func scatter(seed uint64, col, row int) uint64 {
	h := seed + (uint64(uint32(row))<<32|uint64(uint32(col)))*0x9E3779B97F4A7C15
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// share returns a number in [0, 1) from a random one.
func share(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// normal returns a number of mean 0 and standard deviation 1 from a random one: the sum of its four parts.
func normal(h uint64) float64 {
	sum := 0.0
	for range 4 {
		sum += float64(h&0xFFFF)/(1<<16) - 0.5
		h >>= 16
	}
	return sum * math.Sqrt(3) // the variance of a sum of four is 1/3
}

// floorDiv returns a / b, rounded down.
func floorDiv(a, b int) int { return int(math.Floor(float64(a) / float64(b))) }
