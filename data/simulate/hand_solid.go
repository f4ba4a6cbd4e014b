package simulate

import (
	"math"
	"math/rand/v2"
)

// solid is a cone with round ends: a ball swept from radius ra at a to radius rb at b. If flat is set, it is a plate
// with round rims: a ball of radius ra swept over the triangle a, b, c.
type solid struct {
	a, b, c [3]float64
	ra, rb  float64
	flat    bool
	// Set by settle for all rays.
	ab, n          [3]float64 // b - a; a plate's normal
	aa, bb, m0, d2 float64    // squared lengths of a, b and ab, and m0 minus the squared difference of the radii
	front          float64    // no point has a smaller depth
}

func (s *solid) move(p placement) { s.a, s.b, s.c = p.apply(s.a), p.apply(s.b), p.apply(s.c) }

// settle computes the values that all rays share, after the last move.
func (s *solid) settle() {
	s.ab = sub(s.b, s.a)
	s.aa, s.bb, s.m0 = dot(s.a, s.a), dot(s.b, s.b), dot(s.ab, s.ab)
	s.d2 = s.m0 - (s.ra-s.rb)*(s.ra-s.rb)
	s.front = min(s.a[2]-s.ra, s.b[2]-s.rb)
	if s.flat {
		e, f := s.ab, sub(s.c, s.a)
		s.n = [3]float64{e[1]*f[2] - e[2]*f[1], e[2]*f[0] - e[0]*f[2], e[0]*f[1] - e[1]*f[0]}
		s.front = min(s.a[2], s.b[2], s.c[2]) - s.ra
	}
}

// flesh collects solids. Radii are given for a hand of mean thickness.
type flesh struct {
	thickness float64
	solids    []solid
}

func (f *flesh) cone(a, b [3]float64, ra, rb float64) {
	f.solids = append(f.solids, solid{a: a, b: b, ra: ra * f.thickness, rb: rb * f.thickness})
}

func (f *flesh) plate(a, b, c [3]float64, r float64) {
	f.solids = append(f.solids, solid{a: a, b: b, c: c, ra: r * f.thickness, flat: true})
	f.cone(a, b, r, r)
	f.cone(b, c, r, r)
	f.cone(c, a, r, r)
}

// solids returns the hand's flesh. The forearm is long in the real domain; renders end soon after the wrist, as in NYU.
func (b *bones) solids(d Domain, r *rand.Rand) []solid {
	out := &flesh{thickness: b.stout * b.scale}
	b.addFingers(out)
	b.addPalm(out)
	length := 25 + 35*r.Float64()
	if d == Real {
		length = 260
	}
	for _, side := range [3]float64{-1, 0, 1} { // three cones side by side make a flat wrist
		from := [3]float64{side * 9 * b.scale, -4, 2}
		to := along(from, length, b.elbow)
		to[0] += side * length * 0.03
		out.cone(from, to, 18, 18+length*0.045)
	}
	return out.solids
}

// addFingers adds each finger, its bone in the palm, and the skin between it and the previous finger.
func (b *bones) addFingers(out *flesh) {
	thick := [4]float64{0.84, 0.96, 1, 0.97}
	for i, f := range b.fingers {
		k := thick[i]
		out.cone(f[0], f[1], 11*k, 9.8*k)
		out.cone(f[1], f[2], 9.8*k, 8.7*k)
		out.cone(f[2], f[3], 8.7*k, 7.2*k)
		root := b.scaled([3]float64{fingerShapes[i].base[0] * 0.6, 10, 0})
		out.cone(root, f[0], 15, 12*k+1)
		if i > 0 {
			last := b.fingers[i-1]
			out.plate(root, last[0], f[0], 11)
			out.cone(between(last[0], last[1], 0.25), between(f[0], f[1], 0.25), 7.5, 7.5)
		}
	}
}

// addPalm adds the thumb with its ball and the skin between thumb and palm, the ball of the other side, and the wrist.
func (b *bones) addPalm(out *flesh) {
	h, wrist := b.thumb, b.palm[5]
	out.cone(h[0], h[1], 15, 13)
	out.cone(h[1], h[2], 12.5, 10.5)
	out.cone(h[2], h[3], 10.5, 8)
	out.plate(h[0], between(h[0], h[1], 0.85), between(wrist, b.fingers[3][0], 0.75), 9)
	out.cone(h[0], b.palm[3], 15, 12)
	out.cone(b.scaled([3]float64{-20, 14, -4}), b.scaled([3]float64{-27, 58, -3}), 14, 12)
	out.cone(b.palm[0], b.palm[1], 17, 17)
}

// person returns what a real camera sees in the background: a trunk and a head, farther than the crop's cube.
func person(r *rand.Rand, palm [3]float64) []solid {
	if r.Float64() < 0.15 { // nobody: the hand comes from the side
		return nil
	}
	z := palm[2] + 260 + 340*r.Float64()
	x := palm[0] + 250*r.NormFloat64()
	y := palm[1] - 150 + 120*r.NormFloat64()
	return []solid{
		{a: [3]float64{x - 90, y, z + 110}, b: [3]float64{x - 90, y - 700, z + 120}, ra: 110, rb: 130},
		{a: [3]float64{x + 90, y, z + 110}, b: [3]float64{x + 90, y - 700, z + 120}, ra: 110, rb: 130},
		{a: [3]float64{x, y + 240, z + 100}, b: [3]float64{x, y + 160, z + 100}, ra: 85, rb: 75},
	}
}

// hit returns the distance along the unit ray from the camera to the solid, +Inf if the ray misses.
func (s *solid) hit(ray [3]float64) float64 {
	if s.flat {
		return s.hitPlate(ray)
	}
	// From I. Quilez, "rounded cone - intersection", with the ray's origin at 0.
	rr := s.ra - s.rb
	ta, tb, m1 := dot(ray, s.a), dot(ray, s.b), -dot(s.ab, s.a)
	m2 := tb - ta
	k2 := s.d2 - m2*m2
	k1 := m2*rr*s.ra - s.d2*ta - m1*m2
	k0 := s.d2*s.aa - m1*m1 + m1*rr*s.ra*2 - s.m0*s.ra*s.ra
	h := k1*k1 - k0*k2
	if s.d2 > 0 { // otherwise one ball contains the other
		if h < 0 {
			return math.Inf(1)
		}
		t := (-math.Sqrt(h) - k1) / k2
		if y := m1 - s.ra*rr + t*m2; y > 0 && y < s.d2 {
			return t
		}
	}
	return min(hitBall(ta, s.aa, s.ra), hitBall(tb, s.bb, s.rb))
}

// hitBall returns the distance to a ball. Its centre projects to t along the ray; cc is the centre's squared distance
// from the camera.
func hitBall(t, cc, radius float64) float64 {
	h := t*t - cc + radius*radius
	if h < 0 {
		return math.Inf(1)
	}
	return t - math.Sqrt(h)
}

// hitPlate returns the distance to the plate's face towards the camera. The rims are separate cones.
func (s *solid) hitPlate(ray [3]float64) float64 {
	e, f, n := s.ab, sub(s.c, s.a), s.n
	length := math.Sqrt(dot(n, n))
	down := dot(n, ray)
	if length == 0 || math.Abs(down) < 1e-9*length {
		return math.Inf(1)
	}
	lift := s.ra * length
	if down > 0 { // the normal points away from the camera
		lift = -lift
	}
	t := (dot(n, s.a) + lift) / down
	q := sub([3]float64{t * ray[0], t * ray[1], t * ray[2]}, s.a)
	ee, ef, ff, qe, qf := dot(e, e), dot(e, f), dot(f, f), dot(q, e), dot(q, f)
	det := ee*ff - ef*ef
	v, w := (ff*qe-ef*qf)/det, (ee*qf-ef*qe)/det
	if v < 0 || w < 0 || v+w > 1 {
		return math.Inf(1)
	}
	return t
}
