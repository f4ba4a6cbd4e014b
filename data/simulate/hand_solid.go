package simulate

import "math"

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
