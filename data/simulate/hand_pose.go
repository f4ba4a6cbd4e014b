package simulate

import (
	"math"
	"math/rand/v2"
)

// bones holds a posed hand in its own coordinates, mm: wrist at the origin, x to the thumb's side, y to the fingers, z
// to the back of the hand. It is a right hand whose palm faces the camera.
type bones struct {
	scale   float64          // scale of the whole hand
	stout   float64          // scale of its thickness
	fingers [4][4][3]float64 // pinky, ring, middle, index: base, middle and end joint, tip
	thumb   [4][3]float64    // wrist's joint, base joint, end joint, tip
	palm    [6][3]float64    // PALM_1 .. PALM_6: wrist's outer and inner side, palm's centre and two sides, wrist's middle
	elbow   [3]float64       // direction of the forearm
}

// fingerShape holds a finger's place and lengths in a hand of mean size, mm. The 50 mm from the middle finger's middle
// joint to its tip and the 66 mm from the wrist to the palm's centre are those of NYU's test subjects.
type fingerShape struct {
	base    [3]float64
	fan     float64 // degrees from straight, positive to the thumb's side
	lengths [3]float64
}

var fingerShapes = [4]fingerShape{
	{[3]float64{-33, 82, 1}, -9, [3]float64{34, 20, 18}},
	{[3]float64{-14, 91, -1}, -3, [3]float64{41, 26, 20}},
	{[3]float64{5, 95, -2}, 2, [3]float64{45, 29, 21}},
	{[3]float64{25, 90, 0}, 8, [3]float64{41, 25, 20}},
}

// newBones draws a shape and a pose within the joints' limits.
func newBones(r *rand.Rand) *bones {
	b := &bones{scale: 1 + clipped(r, 0, 0.06, 0.15), stout: 1 + clipped(r, 0, 0.06, 0.15)}
	common := max(0, 0.35+0.4*r.NormFloat64()) // bend of all fingers: 0 is straight, 1 is a fist
	if r.Float64() < 0.3 {
		common = 0.08 * r.Float64()
	}
	spread := r.NormFloat64() * 0.5
	for i, shape := range fingerShapes {
		curl := common + 0.18*r.NormFloat64()
		if r.Float64() < 0.2 { // this finger bends independently
			curl = r.Float64()
		}
		b.fingers[i] = b.finger(shape, curl, spread, r)
	}
	b.poseThumb(r)
	wrist := 14.5
	for i, p := range [6][3]float64{{-wrist, 0, 0}, {wrist, 0, 0}, {0, 65, 0}, {14, 55, -2}, {-16, 55, -2}, {0, 0, 0}} {
		b.palm[i] = b.scaled(p)
	}
	bend, side := clipped(r, 0, 15, 40)*math.Pi/180, clipped(r, -4, 10, 25)*math.Pi/180
	b.elbow = [3]float64{math.Sin(side), -math.Cos(side) * math.Cos(bend), math.Sin(bend)}
	return b
}

func (b *bones) scaled(p [3]float64) [3]float64 {
	return [3]float64{p[0] * b.scale, p[1] * b.scale, p[2] * b.scale}
}

// finger returns the chain of one finger. Each joint bends it
// towards the palm. The end joint bends 2/3 of the middle one.
func (b *bones) finger(f fingerShape, curl, spread float64, r *rand.Rand) (chain [4][3]float64) {
	first := limit(80*curl+10*r.NormFloat64()-3, -20, 90)
	second := limit(100*curl+10*r.NormFloat64(), 0, 110)
	third := limit(second*2/3+6*r.NormFloat64(), -5, 75)
	aside := f.fan*(1+spread) + 3*r.NormFloat64()
	aside *= 1 - first/120 // a bent finger cannot be spread
	sin, cos := math.Sincos(limit(aside, -22, 22) * math.Pi / 180)
	chain[0] = b.scaled(f.base)
	bent := 0.0
	for k, angle := range [3]float64{first, second, third} {
		bent += angle * math.Pi / 180
		s, c := math.Sincos(bent)
		chain[k+1] = along(chain[k], f.lengths[k]*b.scale, [3]float64{sin * c, cos * c, -s})
	}
	return chain
}

// poseThumb draws the thumb. Opposition moves it off the palm; its two outer joints bend it across the palm.
func (b *bones) poseThumb(r *rand.Rand) {
	away := limit(42+14*r.NormFloat64(), 5, 70)
	opposed := limit(22+18*r.NormFloat64(), -10, 70)
	inner := limit(12+18*r.NormFloat64(), -15, 55)
	outer := limit(15+25*r.NormFloat64(), -20, 75)
	b.thumb[0] = b.scaled([3]float64{21, 15, -8})
	for k, length := range [3]float64{44, 37, 23} {
		s, c := math.Sincos(away * math.Pi / 180)
		so, co := math.Sincos(limit(opposed, -10, 75) * math.Pi / 180)
		b.thumb[k+1] = along(b.thumb[k], length*b.scale, [3]float64{s * co, c * co, -so})
		bend := [3]float64{inner, outer, 0}[k]
		away, opposed = away-bend, opposed+0.25*bend
	}
}

// joints returns NYU's 36 joints. For each finger: tip, end joint, middle of the middle bone, middle joint, middle of
// the first bone and base joint. Then the same for the thumb, then the palm's.
func (b *bones) joints() (out [HandJoints][3]float64) {
	for i, f := range append(b.fingers[:], b.thumb) {
		copy(out[6*i:], [][3]float64{f[3], f[2], between(f[2], f[1], 0.5), f[1], between(f[1], f[0], 0.5), f[0]})
	}
	copy(out[30:], b.palm[:])
	return out
}

func limit(v, low, high float64) float64 { return min(max(v, low), high) }
