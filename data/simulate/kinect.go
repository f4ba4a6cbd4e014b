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

// sensor is how one Kinect picture is disturbed.
type sensor struct {
	seed    uint64
	jitter  float64 // pixels that an outline wanders
	ripple  float64 // disparity noise, pixels
	grazing float64 // slope dz/dx beyond which the pattern is lost
	loss    float64 // share of the flesh lost in blobs
}

func newSensor(r *rand.Rand) sensor {
	return sensor{
		seed: r.Uint64(), jitter: 1.2 + 1.2*r.Float64(), ripple: 0.05 + 0.06*r.Float64(),
		grazing: 2.5 + 2*r.Float64(), loss: max(0, 0.04*r.Float64()-0.015),
	}
}

// see is the window as the camera measures it, mm.
func (k sensor) see(h *Hand, w Window) []uint16 {
	wide := Window{w.X - margin, w.Y - 4, w.W + margin + 4, w.H + 8}
	z := h.surface(wide)
	shadow := shadows(z, wide.W, wide.H)
	out := make([]uint16, w.W*w.H)
	for y := range w.H {
		for x := range w.W {
			u, v := float64(x+w.X), float64(y+w.Y)
			// The pattern is matched in patches: the depth is that of a point nearby, alike over some pixels.
			dx := k.jitter * lattice(u/2.3, v/2.3, k.seed)
			dy := k.jitter * lattice(u/2.3, v/2.3, k.seed+1)
			at := (y+4+int(math.Round(dy)))*wide.W + x + margin + int(math.Round(dx))
			out[y*w.W+x] = NoDepth
			if !shadow[at] && !k.lost(z, at, wide.W, u, v) {
				// Its edge spreads over what lies behind: NYU's fingers are 21 mm wide.
				out[y*w.W+x] = k.measure(nearest(z, at, wide.W), u, v)
			}
		}
	}
	return out
}

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

// lost tells whether the pattern cannot be matched: too steep a surface, or by chance, in blobs.
func (k sensor) lost(z []float64, at, stride int, u, v float64) bool {
	if near := nearest(z, at, stride); math.IsInf(near, 1) || near < z[at]-crease {
		return math.IsInf(near, 1) // nothing, or the edge of something nearer that spreads to here
	}
	mm := z[at] / FocalX // a pixel's width
	slope := math.Hypot(steep(z[at-1], z[at], z[at+1]), steep(z[at-stride], z[at], z[at+stride])) / mm
	if slope > k.grazing*(1+0.5*lattice(u/2, v/2, k.seed+2)) {
		return true
	}
	return k.loss > 0 && lattice(u/6, v/6, k.seed+3) > 1-6*k.loss-0.25*limit(slope-1, 0, 1)
}

// nearest is the least depth of a pixel and its four neighbours.
func nearest(z []float64, at, stride int) float64 {
	return min(z[at], z[at-1], z[at+1], z[at-stride], z[at+stride])
}

// steep is the smaller of the two differences beside b, so that a step of the outline is not taken for a slope.
func steep(a, b, c float64) float64 { return min(math.Abs(b-a), math.Abs(c-b)) }

// measure rounds a depth to a step of disparity, after noise whose patches are a few pixels wide.
func (k sensor) measure(z, u, v float64) uint16 {
	noise := k.ripple * (lattice(u/5, v/9, k.seed+4) + 0.5*lattice(u/2, v/2, k.seed+5))
	disparity := math.Round((FocalX*baseline/z+noise)*disparityStep) / disparityStep
	return uint16(min(math.Round(FocalX*baseline/disparity), NoDepth))
}
