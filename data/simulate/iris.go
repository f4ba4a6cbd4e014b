package simulate

import "math"

// eyeball holds the details of iris, sclera and inner corner.
type eyeball struct {
	fibres, rings    float64 // contrast of the iris's radial fibres, and of its uneven rings
	collarette       float64 // brightness of the ring around the pupil
	collarAt, frill  float64 // its place from pupil to limbus, 0..1, and its raggedness
	limbus, limbusAt float64 // darkness and width of the ring at the iris's edge, radians
	soft             float64 // half the width of the edge, radians
	caustic          float64 // brightness of the iris's part that faces away from the light
	stain, veins     float64 // contrast of the sclera's stains and veins
	caruncle, size   float64 // reflectance of the caruncle relative to skin, and its length in units
	wet              float64 // brightness of the wet spot on it
	seed             uint64
}

func (e *Eye) setIris(d dice) {
	e.look.eyeball = &eyeball{
		fibres: d.uniform(0.1, 0.5), rings: d.uniform(0.1, 0.6), collarette: d.uniform(0, 0.3),
		collarAt: d.uniform(0.15, 0.45), frill: d.uniform(0.05, 0.15),
		limbus: d.uniform(0.1, 0.5), limbusAt: d.uniform(0.03, 0.09), soft: d.uniform(0.012, 0.05),
		caustic: d.uniform(0, 0.7), stain: d.uniform(0.05, 0.3), veins: d.uniform(0, 0.35),
		caruncle: d.uniform(0.5, 0.95), size: d.uniform(2, 4), wet: d.uniform(0, 0.5), seed: d.Uint64(),
	}
}

// iris returns the tone relative to the iris's at (cos, sin) of the angle around the gaze; r is the distance from the
// pupil's edge to the limbus, 0..1.
func (b *eyeball) iris(cos, sin, r float64, light [2]float64) float64 {
	fibre := lattice(cos*6+40, sin*6+r*0.5, b.seed) + 0.7*lattice(cos*14+90, sin*14+r, b.seed+1)
	ring := lattice(cos*1.5+r*4, sin*1.5, b.seed+2)
	collar := bump(r-b.collarAt-b.frill*lattice(cos*5, sin*5, b.seed+3), 0.12)
	away := -(cos*light[0] + sin*light[1]) * smooth(0, 0.8, r)
	return math.Max((1+b.fibres*fibre+b.rings*ring)*(1+b.collarette*collar)*(1+b.caustic*away), 0.1)
}

// sclera returns the tone relative to the sclera's at (u, v); t is u relative to half the fissure.
func (b *eyeball) sclera(u, v, t float64) float64 {
	tone := 1 + b.stain*(lattice(u/4, v/3, b.seed+4)+0.5*lattice(u/1.2, v/1.2, b.seed+5))
	reach := smooth(0.3, 0.8, math.Abs(t))
	vein := thread(u/4+7, v/1.5, 0.07, b.seed+6) + 0.6*thread(u/2, v/0.8+5, 0.08, b.seed+7)
	return tone * (1 - b.veins*math.Min(vein, 1)*reach) * (1 - 0.12*reach)
}

// flesh mixes the caruncle into the tone at distance inner from the inner corner and v below it.
func (b *eyeball) flesh(tone, skin, inner, v float64) float64 {
	pink := smooth(b.size, b.size*0.5, inner)
	lump := skin * b.caruncle * (1 + 0.25*lattice(inner/0.9, v/0.9, b.seed+8))
	lump += b.wet * bump(inner-b.size*0.7, 0.3) * bump(v+0.3, 0.35)
	return tone + (lump-tone)*pink
}
