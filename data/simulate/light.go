package simulate

import "math"

// relief is one lamp's light on the face's coarse shape, as Lambert's law gives it.
type relief struct {
	toLight [3]float64 // unit vector to the lamp: right, down, towards the camera
	ambient float64    // share of light from everywhere
	nose    float64    // depth of the face's parts, units
	brow    float64
	cheek   float64
	temple  float64
	lid     float64    // share of the ball's bulge that the lids show
	fall    [2]float64 // change of the light's strength across and down the picture, per unit
}

// setLight draws a lamp, from frontal to strong light from the side, and replaces the renderer's soft light.
func (e *Eye) setLight(d dice) {
	azimuth, elevation := d.NormFloat64()*0.9-0.3, 0.3+d.NormFloat64()*0.4
	sinA, cosA := math.Sincos(math.Min(math.Max(azimuth, -1.5), 1.5))
	sinE, cosE := math.Sincos(math.Min(math.Max(elevation, -0.4), 1.3))
	e.look.relief = &relief{
		toLight: [3]float64{sinA * cosE, -sinE, cosA * cosE}, ambient: d.uniform(0.2, 0.65),
		nose: d.uniform(0.5, 6), brow: d.uniform(0, 2.5), cheek: d.uniform(0, 3), temple: d.uniform(4, 14),
		lid: d.uniform(0.4, 0.9), fall: [2]float64{d.NormFloat64() * 0.02, d.NormFloat64() * 0.015},
	}
	e.look.side = 0
}

// height returns how far the skin stands out at (u, v), relative to the corners.
func (r *relief) height(u, v float64) float64 {
	q := (u*u*0.7 + v*v*1.3) / (ballRadius * ballRadius)
	h := r.lid * 6 * math.Exp(-q*1.2)
	h += r.nose * smooth(-13, -30, u)
	h += r.brow * smooth(-7, -18, v)
	h += r.cheek * smooth(4, 15, v)
	return h - r.temple*smooth(8, 28, u)
}

// skin returns the share of light that the skin at (u, v) throws back.
func (r *relief) skin(u, v float64) float64 {
	const step = 0.5
	h := r.height(u, v)
	nx, ny := (h-r.height(u+step, v))/step, (h-r.height(u, v+step))/step
	return r.lambert(nx, ny, 1/math.Sqrt(nx*nx+ny*ny+1))
}

// ball returns the same for the eyeball at offset (dx, dy) from its centre in radii.
func (r *relief) ball(dx, dy float64) float64 {
	nz := math.Sqrt(math.Max(1-dx*dx-dy*dy, 0.05))
	return r.lambert(dx/nz, dy/nz, nz)
}

// lambert returns the light on a surface whose normal is (nx, ny, 1) * scale.
func (r *relief) lambert(nx, ny, scale float64) float64 {
	cosine := (nx*r.toLight[0] + ny*r.toLight[1] + r.toLight[2]) * scale
	return r.ambient + (1-r.ambient)*math.Max(cosine+0.15, 0)/1.15
}

// shadow holds the shadows that lids, brow and nose cast.
type shadow struct {
	lid, reach   float64 // darkness of the upper lid's shadow on the ball, and its length
	lashes       float64 // unevenness of the same shadow, from lashes
	brow, under  float64 // darkness of the brow's shadow, and how far below the crop's centre line it ends
	slope        float64
	nose, edge   float64 // darkness of the nose's shadow, and its edge along the fissure
	lean         float64
	soft         float64 // half the width of a shadow's edge
	corners      float64 // darkness of the ball's corners
	inner, outer float64 // darkness of the hollows at both corners
	seed         uint64
}

func (e *Eye) setShadow(d dice) {
	s := &shadow{
		lid: d.uniform(0.3, 0.85), reach: d.uniform(1.3, 4.5), lashes: d.uniform(0, 0.3),
		under: d.uniform(-11, -4), slope: d.NormFloat64() * 0.15, soft: d.uniform(1.2, 5),
		edge: d.uniform(-22, -10), lean: d.NormFloat64() * 0.5, corners: d.uniform(0.05, 0.5),
		inner: d.uniform(0, 0.6), outer: d.uniform(0, 0.5), seed: d.Uint64(),
	}
	if brow := d.uniform(0, 0.6); d.chance(0.35) {
		s.brow = brow
	}
	if nose := d.uniform(0.1, 0.7); d.chance(0.3) {
		s.nose = nose
	}
	e.look.shadow = s
}

// ball returns the share of light that reaches the eyeball below the upper lid.
func (s *shadow) ball(u, below, t float64) float64 {
	reach := s.reach * (1 + s.lashes*lattice(u/0.8, 0, s.seed))
	light := 1 - s.lid*bump(below, math.Max(reach, 0.3))
	return light * (1 - s.corners*smooth(0.55, 1, math.Abs(t)))
}

// face returns the share of light that brow and nose let through to (u, v), and that the corners' hollows throw back;
// half is half the fissure's width.
func (s *shadow) face(u, v, half float64) float64 {
	brow := s.brow * smooth(s.soft, -s.soft, v-s.under-s.slope*u)
	nose := s.nose * smooth(s.soft, -s.soft, u-s.edge-s.lean*v)
	inner := s.inner * bump(math.Hypot(u+half-1, v*1.3), 3)
	outer := s.outer * bump(math.Hypot((u-half-1)*0.8, v*1.2), 3.5)
	return (1 - brow) * (1 - nose) * (1 - inner) * (1 - outer)
}
