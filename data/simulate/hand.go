package simulate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// The depth camera of the NYU hand data set (Tompson et al. 2014):
// picture size, focal lengths and optical centre in pixels.
const (
	DepthWidth, DepthHeight = 640, 480
	FocalX, FocalY          = 588.036865, 587.075073
	OpticalU, OpticalV      = 320.0, 240.0
)

const (
	HandJoints = 36 // number of joints that NYU annotates
	PalmCentre = 32 // index of the joint at the centre of crops
)

// Distribution of hands' positions: the palm's depth in mm, and its place in pixels from the optical centre.
const (
	depthMean, depthDeviation, depthMost = 800.0, 80.0, 170.0
	placeU, placeV                       = 110.0, 60.0
)

// Hand is one scene: a right hand with its forearm. Poses, shapes of the bones and places have the same distribution in
// both domains. All other differences between the domains are HandEffects.
type Hand struct {
	Joints [HandJoints][3]float64 // camera coordinates: x right, y up, z away, mm; in NYU's order
	solids []solid
	sensor sensor
	empty  uint16 // depth of pixels that show nothing
}

// NewHand returns scene number index of the domain and seed. The real domain has all effects, the synthetic one none.
func NewHand(d Domain, seed uint64, index int) *Hand {
	streams := handStreams{seed*2 + uint64(d), uint64(index)}
	if d == Real {
		return newHand(streams, allHandEffects, NoDepth)
	}
	return newHand(streams, 0, 0)
}

// NewHandWith returns the synthetic domain's scene number index of the seed, with effects of the real domain. Effects
// change neither joints nor each other.
func NewHandWith(effects Effects, seed uint64, index int) *Hand {
	return newHand(handStreams{seed*2 + uint64(Synthetic), uint64(index)}, effects, 0)
}

func newHand(streams handStreams, effects Effects, empty uint16) *Hand {
	s := newHandScene(streams, effects)
	h := &Hand{Joints: s.joints, solids: s.solids(), sensor: s.sensor, empty: empty}
	for i := range h.solids {
		h.solids[i].settle()
	}
	// Near solids first: they hide the rest.
	slices.SortStableFunc(h.solids, func(a, b solid) int { return cmp.Compare(a.front, b.front) })
	return h
}

// UVD returns joint i in the picture: u and v in pixels, depth in mm.
func (h *Hand) UVD(i int) [3]float64 { return Project(h.Joints[i]) }

// Project returns where the depth camera sees a point (x right, y up, z away, mm): u and v in pixels, and depth in mm.
func Project(p [3]float64) [3]float64 {
	return [3]float64{p[0]*FocalX/p[2] + OpticalU, OpticalV - p[1]*FocalY/p[2], p[2]}
}

// placement rotates the hand and moves it in front of the camera.
type placement struct {
	rows   [3][3]float64
	origin [3]float64
}

// newPlacement draws the position of palm and the hand's rotation. On average the palm faces the camera, with fingers
// up and leaning towards it: in NYU's test set their mean direction leans 35 degrees from upright.
func newPlacement(r *rand.Rand, palm [3]float64) placement {
	degrees := func(mean, deviation, most float64) (sin, cos float64) {
		return math.Sincos(clipped(r, mean, deviation, most) * math.Pi / 180)
	}
	sx, cx := degrees(-20, 22, 65) // lean of the fingers; negative is towards the camera
	sy, cy := degrees(0, 30, 75)   // about the upright axis
	sz, cz := degrees(-5, 22, 60)  // in the picture's plane
	var p placement
	for k := range 3 { // column k: the hand's axis k, rotated about y, then x, then z
		e := [3]float64{}
		e[k] = 1
		e[0], e[2] = cy*e[0]+sy*e[2], -sy*e[0]+cy*e[2]
		e[1], e[2] = cx*e[1]-sx*e[2], sx*e[1]+cx*e[2]
		e[0], e[1] = cz*e[0]-sz*e[1], sz*e[0]+cz*e[1]
		for row := range 3 {
			p.rows[row][k] = e[row]
		}
	}
	z := clipped(r, depthMean, depthDeviation, depthMean+depthMost)
	z = max(z, depthMean-depthMost)
	target := [3]float64{(2*r.Float64() - 1) * placeU * z / FocalX, (2*r.Float64() - 1) * placeV * z / FocalY, z}
	p.origin = sub(target, p.apply(palm))
	return p
}

func (p placement) apply(v [3]float64) (out [3]float64) {
	for i, row := range p.rows {
		out[i] = dot(row, v) + p.origin[i]
	}
	return out
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func sub(a, b [3]float64) [3]float64 { return [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

// along returns a + t b.
func along(a [3]float64, t float64, b [3]float64) [3]float64 {
	return [3]float64{a[0] + t*b[0], a[1] + t*b[1], a[2] + t*b[2]}
}

// between returns the point at t from a (t = 0) to b (t = 1).
func between(a, b [3]float64, t float64) [3]float64 { return along(a, t, sub(b, a)) }
