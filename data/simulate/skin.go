package simulate

import "math"

// folds holds the skin's lines and texture.
type folds struct {
	upper, lower []fold
	lid          float64    // brightness of the lid between margin and crease
	thick, under float64    // darkness of the skin next to the upper and the lower margin
	reach        float64    // how far it goes, units
	grain        [4]float64 // contrast of the texture, from pores to blotches
	grainSeed    uint64
	wrinkles     float64 // darkness of fine lines along the lower lid and at the outer corner
	wet, rim     float64 // brightness of the lower lid's wet line, and of the lid's edge
	corner       float64 // darkness of the line that goes on from the outer corner
	cornerDown   float64 // its slope
	liner        float64 // darkness of make-up on the lids' edges
	lidShadow    float64 // darkness of make-up on the upper lid
}

// fold is a line of skin: lift units from the lid's arch, dark in the fold and bright on its outer side.
type fold struct {
	lift, dark, width, bright, from, to float64 // from, to: its ends relative to half the fissure
}

// setSkin draws one to three folds above the eye, up to three below, texture and make-up.
func (e *Eye) setSkin(d dice) {
	l := &e.look
	l.crease, l.bulge, l.texture = 0, 0, 0
	f := &folds{
		lid: d.uniform(-0.15, 0.2), thick: d.uniform(0.1, 0.6), under: d.uniform(0.05, 0.5), reach: d.uniform(1, 5),
		grainSeed: d.Uint64(), wrinkles: d.uniform(0, 0.12),
	}
	for i, most := range [4]float64{0.18, 0.05, 0.06, 0.18} {
		f.grain[i] = most * d.uniform(0.15, 1)
	}
	lift := d.uniform(0.8, 4.8)
	for range 1 + d.IntN(3) {
		f.upper = append(f.upper, fold{lift: lift, dark: d.uniform(0.1, 0.65), width: d.uniform(0.2, 0.6),
			bright: d.uniform(0, 0.25), from: d.uniform(-1.2, -0.5), to: d.uniform(0.9, 1.25)})
		lift += d.uniform(1, 3)
	}
	drop := d.uniform(1.5, 4)
	for range d.IntN(4) {
		f.lower = append(f.lower, fold{lift: drop, dark: d.uniform(0.03, 0.22), width: d.uniform(0.3, 1.3),
			bright: d.uniform(0, 0.2), from: d.uniform(-1.3, -0.8), to: d.uniform(-0.1, 1)})
		drop += d.uniform(1, 3)
	}
	f.wet, f.rim = d.uniform(0, 0.5)*d.Float64(), d.uniform(0, 0.2)
	f.corner, f.cornerDown = d.uniform(0, 0.7), d.uniform(-0.2, 0.6)
	if liner, lid := d.uniform(0.3, 0.8), d.uniform(0, 0.5); d.chance(0.15) {
		f.liner, f.lidShadow = liner, lid
	}
	l.folds = f
}

// archAt returns the height of the fold's line above (for a lower fold below) the corners at t along the fissure, for a
// lid's arch of the given height.
func (f *fold) archAt(t, arch float64) float64 {
	return (0.9*arch + f.lift) * math.Pow(math.Max(1-t*t/1.69, 0), 0.6)
}

// shade returns the fold's effect at distance off beyond its line.
func (f *fold) shade(off, t float64) float64 {
	if off > 4 || off < -4 {
		return 1
	}
	width := f.width
	if off > 0 { // a fold is sharp on the side of the eye
		width *= 1.8
	}
	ends := smooth(f.from-0.2, f.from+0.2, t) * smooth(f.to+0.2, f.to-0.2, t)
	return 1 + ends*(f.bright*bump(off-2.2*f.width-0.4, 1)-f.dark*bump(off, width))
}

// skin returns the share of light that lines, make-up and texture leave at (u, v). upper and lower are the lids there;
// beyond the corners both are 0.
func (f *folds) skin(e *Eye, u, v, upper, lower float64) float64 {
	t, tone := u/e.half, 1.0
	fade := bump(math.Max(math.Abs(t)-0.8, 0), 0.12) // the lids' edges end at the corners
	if v <= upper {
		for i := range f.upper {
			tone *= f.upper[i].shade(-v-f.upper[i].archAt(t, e.upper), t)
		}
		inside := smooth(0, 1, upper-v) * smooth(0.3, -0.3, -v-f.upper[0].archAt(t, e.upper))
		tone *= 1 + (f.lid-f.lidShadow)*inside
		tone *= 1 - f.thick*bump(upper-v, f.reach)*fade
	} else {
		for i := range f.lower {
			tone *= f.lower[i].shade(v-f.lower[i].archAt(t, e.lower), t)
		}
		tone *= 1 - f.under*bump(v-lower, f.reach)*fade
		under := smooth(12, 2, v-lower) * smooth(1.3, 0.9, math.Abs(t))
		tone *= 1 - f.wrinkles*thread(u/9, (v-lower)/1.1, 0.25, f.grainSeed+5)*under
	}
	if t > 1 {
		tone *= 1 - f.corner*bump(v-f.cornerDown*(u-e.half), 0.5+0.15*(u-e.half))*smooth(1.4, 1, t)
		tone *= 1 - 2*f.wrinkles*thread(u/9, v/1.5, 0.3, f.grainSeed+6)
	}
	return tone * f.texture(u, v)
}

// texture returns pores, fine and coarse grain, and blotches.
func (f *folds) texture(u, v float64) float64 {
	tone, wave := 1.0, 0.55
	for i, contrast := range f.grain {
		u, v = 0.8*u-0.6*v, 0.6*u+0.8*v // off the pixels' grid, and off that of the octave before
		tone += contrast * lattice(u/wave, v/wave, f.grainSeed+uint64(i))
		wave *= 2.6
	}
	return tone
}

// edge returns the light of the lids' edges near the margins: the wet line with its spots, and liner.
func (f *folds) edge(light, u, below, above float64) float64 {
	spots := smooth(0.1, 0.9, lattice(u/1.1, 0, f.grainSeed+7)) + 0.3
	light *= 1 + f.wet*spots*bump(above-0.1, 0.3)
	light *= 1 + f.rim*bump(above+0.7, 0.5)
	light *= 1 - f.liner*bump(below+0.3, 0.6)
	return light * (1 - 0.6*f.liner*bump(above+0.2, 0.4))
}
