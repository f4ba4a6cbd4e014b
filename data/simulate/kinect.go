package simulate

import (
	"math"
	"math/rand/v2"
)

// NoDepth is the value of unmeasured pixels in NYU's depth pictures.
const NoDepth = 2001

// A Kinect 1 projects a pattern from 75 mm to the left of its camera and measures disparity in eighths of a pixel
// (Khoshelham & Elberink 2012). Depth steps are z^2 / (8 f b): 1.6 mm at 750 mm and 11 mm at 1950 mm. The constants are
// fitted to frame 1 of NYU's test set: 247 of its 249 different depths are floor(8 f b / (n - 0.45)) for an integer n,
// the other two differ by 1 mm.
const (
	focalBase     = 43053.75 // f b in pixels times mm: 73.2 mm with NYU's focal length
	disparityStep = 8.0      // steps per pixel
	stepOffset    = 0.45     // place of step 0, steps
)

// At columns bandFirst + k bandWidth, disparity jumps by bandJump. The sensor's correction for the projector's
// temperature makes such vertical bands. In frame 1 of NYU's test set, columns 129, 167, 205 and so on to 508 jump by
// 0.8 steps in the median. Other temperatures have other bands; the hands have this frame's.
const (
	bandFirst, bandWidth = 15.15, 37.9         // pixels
	bandJump             = 0.8 / disparityStep // pixels of disparity
)

// sensor holds the disturbance of one Kinect picture. Without any, it sees the surface.
type sensor struct {
	pattern                       uint64  // seed of the dots' places
	slopes, holes, flying, noise  uint64  // seeds of disturbances; 0 is off
	loss                          float64 // mean share of dots that are not found; it varies by patches
	wrong                         float64 // share of cells of false matches
	windows, shadow, bands, steps bool
}

// interfere draws how many dots are lost to other Kinects. Three recorded NYU's hands at once. Where their patterns
// overlap, dots are lost in patches. Five more Kinects took 16.6 % of a Kinect's pixels (Maimone & Fuchs 2012). At that
// rate two more take 6.6 %, which is what the hands lose on average. How the loss varies between pictures is a guess:
// half of the pictures lose less than 1 %, as frame 1 of NYU's test set does.
func (k *sensor) interfere(r *rand.Rand) {
	u := r.Float64()
	k.loss, k.holes = 0.52*u*u*u, seedOf(r)
}

// mismatch draws how many spots have a false match.
func (k *sensor) mismatch(r *rand.Rand) {
	u := r.Float64()
	k.wrong, k.flying = 0.1*u*u, seedOf(r)
}

// see returns the depth of the window's pixels as the camera measures it, in mm; +Inf if there is none.
func (k *sensor) see(h *Hand, w Window) []float64 {
	if *k == (sensor{pattern: k.pattern}) {
		return h.surface(w)
	}
	wide := Window{w.X - margin, w.Y - dotMargin, w.W + margin + dotMargin, w.H + 2*dotMargin}
	z := h.surface(wide)
	dots := k.dots(z, wide)
	out := make([]float64, w.W*w.H)
	for i := range out {
		x, y := i%w.W+w.X, i/w.W+w.Y
		out[i] = k.depth(x, k.disparity(dots, x, y, z[(y-wide.Y)*wide.W+x-wide.X]))
	}
	return out
}

// disparity returns the disparity in pixels that the sensor finds at a pixel, 0 if none. z is the surface's depth.
func (k *sensor) disparity(dots pattern, x, y int, z float64) float64 {
	if k.flying != 0 {
		if d := k.falseMatch(dots, x, y); d > 0 {
			return d
		}
	}
	if k.windows {
		return dots.match(x, y)
	}
	return dots.keep(x, y, focalBase/z)
}

// depth returns the depth in mm of a disparity in column x.
func (k *sensor) depth(x int, d float64) float64 {
	if d <= 0 {
		return math.Inf(1)
	}
	if k.bands {
		_, part := math.Modf((float64(x)-bandFirst)/bandWidth + 1)
		d += bandJump * (0.5 - part)
	}
	if k.steps {
		return math.Floor(focalBase * disparityStep / (math.Round(d*disparityStep+stepOffset) - stepOffset))
	}
	return focalBase / d
}

// Each cell of flyingCell pixels has a false match with probability sensor.wrong, if its middle lies at an outline.
// There a window has few dots. A false match is a ragged spot around the middle, flyingSize pixels to each side on
// average if it is large, and at most flyingReach. Its disparity is wrong by up to flyingOff pixels. These figures are
// guesses.
const (
	flyingCell, flyingReach = 12, 5
	flyingSize, flyingOff   = 3.0, 5.0
)

// falseMatch returns the disparity of the false match that covers the pixel, 0 if there is none.
func (k *sensor) falseMatch(dots pattern, x, y int) float64 {
	col, row := floorDiv(x, flyingCell), floorDiv(y, flyingCell)
	h := scatter(k.flying, col, row)
	if share(h) >= k.wrong {
		return 0
	}
	cx, cy := col*flyingCell+flyingCell/2, row*flyingCell+flyingCell/2
	size := 1 + (flyingSize-1)*share(scatter(h, 0, 0))
	ragged := 1 + 0.5*lattice(float64(x)/2, float64(y)/2, k.flying)
	if math.Hypot(float64(x-cx), float64(y-cy)) > size*ragged {
		return 0
	}
	if d := dots.sparse(cx, cy); d > 0 {
		return d + flyingOff*(2*share(scatter(h, 1, 0))-1)
	}
	return 0
}
