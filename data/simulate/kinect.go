package simulate

import (
	"math"
	"math/rand/v2"
)

// NoDepth is what NYU's depth pictures hold where the camera measured nothing.
const NoDepth = 2001

// A Kinect 1 projects a pattern from 75 mm to the left of its camera and measures disparity in eighths of a pixel
// (Khoshelham & Elberink 2012): steps of z^2 / (8 f b), 1.6 mm at 750 mm and 11 mm at 1950 mm, as in NYU's pictures.
const (
	baseline      = 75.0 // mm
	disparityStep = 8.0  // levels a pixel
)

// The pattern is a grid of spots of which one in 3 x 3 is bright (Reichinger, "Kinect Pattern Uncovered", 2011), and is matched
// in windows of 9 x 9 pixels (Gschwandtner et al., "BlenSor", 2011; Bohg et al. 2014, render_kinect). The match is simulated on
// what each dot lies on, as there: the disparity that most of a window's dots have, if they are enough.
const (
	dotCell  = 3   // pixels across that have one dot
	halfWide = 4   // pixels from a window's centre to its border
	round    = 22  // the same squared: a square window's border would cut straight slits
	alike    = 0.7 // pixels of disparity that dots of one match differ from its first by
	enough   = 3   // dots, of 8 in the mean
	wobble   = 0.2 // standard deviation of one dot's place, pixels; of a window's mean 0.07, 0.9 mm at 800 mm (Khoshelham)
)

// sensor is how one Kinect picture is disturbed.
type sensor struct {
	seed uint64
	loss float64 // share of the dots that are not found, more in some patches than in others
}

// newSensor draws a picture's disturbance. Three Kinects recorded NYU's hands at once: where their patterns overlap, dots are
// lost in patches (Maimone & Fuchs 2012: 17 % of the pixels with six of them). How many is a guess: a fifth of the pictures lose less than 3 %, as frame 1 of NYU's
// test set seems to; the mean is 23 %.
func newSensor(r *rand.Rand) sensor {
	u := r.Float64()
	return sensor{seed: r.Uint64(), loss: 0.7 * u * u}
}

// see is the window as the camera measures it, mm.
func (k sensor) see(h *Hand, w Window) []uint16 {
	wide := Window{w.X - margin, w.Y - dotMargin, w.W + margin + dotMargin, w.H + 2*dotMargin}
	z := h.surface(wide)
	dots := k.dots(z, shadows(z, wide.W, wide.H), wide)
	out := make([]uint16, w.W*w.H)
	for i := range out {
		out[i] = NoDepth
		if d := dots.match(i%w.W+w.X, i/w.W+w.Y); d > 0 {
			out[i] = uint16(min(math.Round(FocalX*baseline*disparityStep/math.Round(d*disparityStep)), NoDepth))
		}
	}
	return out
}

// dotMargin is how far dots matter beyond a window: half a match's width, the cell that it begins in, a slope's neighbour.
const dotMargin = halfWide + 2*dotCell

// shadows are the pixels that the projector does not light. A point at (u, z) is at u + f b / z in the projector's
// picture: it is dark where something to its left reaches further right there.
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

// pattern is the dots that the camera finds, a cell each of the picture's.
type pattern struct {
	col, row, w int // first column and row of cells, and columns
	dots        []speck
}

// speck is where in the picture a dot was found and its disparity in pixels, 0 for none.
type speck struct {
	x, y      int
	disparity float64
}

// dots finds the dots of all cells that lie in the window, but for its border of a pixel.
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

// lost is the chance that a dot is not found: all beyond 80 degrees between ray and surface, the more from 60 on (Nguyen,
// Izadi & Lovell 2012), and the picture's loss in patches.
func (k sensor) lost(z []float64, at, stride int, d speck) float64 {
	slope := math.Hypot(steep(z[at-1], z[at], z[at+1]), steep(z[at-stride], z[at], z[at+stride])) * FocalX / z[at]
	angle := math.Atan(slope) * 180 / math.Pi
	patch := k.loss * (1 + 2*lattice(float64(d.x)/18, float64(d.y)/18, k.seed))
	return max(patch, (angle-60)/20)
}

// steep is the smaller of the two differences beside b, so that a step of the outline is not taken for a slope.
func steep(a, b, c float64) float64 { return min(math.Abs(b-a), math.Abs(c-b)) }

// match is the disparity in pixels at a pixel of the picture, 0 for none: the mean of the largest number of dots in its
// window that are alike, of the nearest ones among equals.
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

// cell is the row or column of cells that a pixel lies in.
func cell(pixel int) int { return int(math.Floor(float64(pixel) / dotCell)) }
