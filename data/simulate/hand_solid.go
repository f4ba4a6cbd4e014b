package simulate

import (
	"math"
	"math/rand/v2"
)

// solid is a ball of radius ra at a swept to radius rb at b (a cone with round ends) or, where it is flat, a ball of radius
// ra swept over the triangle a, b, c (a plate with round rims).
type solid struct {
	a, b, c [3]float64
	ra, rb  float64
	flat    bool
}

func (s *solid) move(p placement) { s.a, s.b, s.c = p.apply(s.a), p.apply(s.b), p.apply(s.c) }

// flesh collects solids; radii are of a hand of mean thickness.
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

// solids are the hand's flesh. The forearm goes on in the real domain; renders end soon behind the wrist, as NYU's do.
func (b *bones) solids(d Domain, r *rand.Rand) []solid {
	out := &flesh{thickness: b.stout * b.scale}
	b.addFingers(out)
	b.addPalm(out)
	length := 25 + 35*r.Float64()
	if d == Real {
		length = 260
	}
	for _, side := range [3]float64{-1, 0, 1} { // side by side they make the wrist flat
		from := [3]float64{side * 9 * b.scale, -4, 2}
		to := along(from, length, b.elbow)
		to[0] += side * length * 0.03
		out.cone(from, to, 18, 18+length*0.045)
	}
	return out.solids
}

// addFingers adds each finger, its bone in the palm, and the skin between it and the last one.
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

// addPalm adds the thumb with its ball and its skin to the palm, the other ball, and the wrist.
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

// person is what a real camera sees behind the hand: a trunk and a head, sometimes near enough to enter the crop's cube.
func person(r *rand.Rand, palm [3]float64) []solid {
	if r.Float64() < 0.15 { // nobody: hand held in from the side
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

// hit is the distance along the unit ray from the camera to the solid, +Inf where it passes by.
func (s *solid) hit(ray [3]float64) float64 {
	if s.flat {
		return s.hitPlate(ray)
	}
	// After I. Quilez, "rounded cone - intersection", with the ray's start at 0.
	ba := sub(s.b, s.a)
	rr := s.ra - s.rb
	m0, m1, m2, m3, m5 := dot(ba, ba), -dot(ba, s.a), dot(ba, ray), -dot(ray, s.a), dot(s.a, s.a)
	d2 := m0 - rr*rr
	k2 := d2 - m2*m2
	k1 := d2*m3 - m1*m2 + m2*rr*s.ra
	k0 := d2*m5 - m1*m1 + m1*rr*s.ra*2 - m0*s.ra*s.ra
	if h := k1*k1 - k0*k2; h >= 0 && d2 > 0 {
		t := (-math.Sqrt(h) - k1) / k2
		if y := m1 - s.ra*rr + t*m2; y > 0 && y < d2 {
			return t
		}
	}
	return min(hitBall(s.a, s.ra, ray), hitBall(s.b, s.rb, ray))
}

func hitBall(centre [3]float64, radius float64, ray [3]float64) float64 {
	m := dot(ray, centre)
	h := m*m - dot(centre, centre) + radius*radius
	if h < 0 {
		return math.Inf(1)
	}
	return m - math.Sqrt(h)
}

// hitPlate meets the face towards the camera; the rims are cones of their own.
func (s *solid) hitPlate(ray [3]float64) float64 {
	e, f := sub(s.b, s.a), sub(s.c, s.a)
	n := [3]float64{e[1]*f[2] - e[2]*f[1], e[2]*f[0] - e[0]*f[2], e[0]*f[1] - e[1]*f[0]}
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
