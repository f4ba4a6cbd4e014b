package simulate

import "math"

// pane is a reflection on the cornea or on a lens: a window or screen, or a lamp if it is round. Lengths are in ball
// radii on the cornea, in units on a lens.
type pane struct {
	x, y         float64
	half         [2]float64 // half its width and height
	sin, cos     float64    // of its turn
	soft, bright float64    // half the width of its edge
	warp         float64    // how much its sides bend outwards
	bars         float64    // darkness of a window's bars
	round        bool
}

// lamp returns a round light.
func lamp(x, y, size, bright float64) pane {
	return pane{x: x, y: y, half: [2]float64{size, size}, bright: bright, round: true}
}

// at returns the reflected light at (dx, dy) from the pane's centre.
func (p *pane) at(dx, dy float64) float64 {
	if p.round {
		return p.bright * bump(math.Hypot(dx, dy), p.half[0])
	}
	a, b := dx*p.cos+dy*p.sin, dy*p.cos-dx*p.sin
	a, b = a*(1-p.warp*b*b), b*(1-p.warp*a*a)
	inside := smooth(p.soft, -p.soft, math.Abs(a)-p.half[0]) * smooth(p.soft, -p.soft, math.Abs(b)-p.half[1])
	if inside == 0 {
		return 0
	}
	bars := 1 - p.bars*math.Max(bump(a, 0.1*p.half[0]), bump(b, 0.1*p.half[1]))
	return p.bright * inside * bars
}

// setGlints draws none to three reflections on the cornea: windows and screens, lamps, streaks.
func (e *Eye) setGlints(d dice) {
	l := &e.look
	l.panes = nil
	for range d.IntN(4) {
		x, y, bright := d.uniform(-0.25, 0.25), d.uniform(-0.25, 0.18), 0.03+0.15*d.ExpFloat64()
		if d.chance(0.4) {
			l.panes = append(l.panes, lamp(x, y, d.uniform(0.015, 0.04), math.Min(2*bright, 1)))
			continue
		}
		p := pane{x: x, y: y, half: [2]float64{d.uniform(0.02, 0.1), d.uniform(0.015, 0.08)},
			soft: d.uniform(0.005, 0.025), bright: math.Min(bright, 0.9), warp: d.uniform(0, 12)}
		if d.chance(0.3) {
			p.half[1] = 0.01 // a streak
		}
		if d.chance(0.3) {
			p.bars = d.uniform(0.3, 0.9)
		}
		p.sin, p.cos = math.Sincos(d.NormFloat64() * 0.3)
		l.panes = append(l.panes, p)
	}
}

// glasses holds a rim across the picture with its shadow, reflections on the lens, and nose pads.
type glasses struct {
	rimY, slope, bend, width float64
	tone, shine              float64 // the rim's radiance, and that of the highlight along it
	shadow, drop             float64 // darkness of the rim's shadow, and its distance
	veil                     float64 // stray light on the lens
	panes                    []pane
	pad                      *pane
	seed                     uint64
}

// setGlasses puts glasses on one eye in five.
func (e *Eye) setGlasses(d dice) {
	if !d.chance(0.22) {
		return
	}
	g := &glasses{
		rimY: d.uniform(-14, -3), slope: d.NormFloat64() * 0.15, bend: d.uniform(0, 0.012), width: d.uniform(0.25, 1),
		tone: d.uniform(0, 0.5), shine: d.uniform(0, 1.2), shadow: d.uniform(0, 0.5), drop: d.uniform(0.8, 3),
		veil: d.uniform(0, 0.06), seed: d.Uint64(),
	}
	for range d.IntN(3) {
		p := pane{x: d.uniform(-17, 17), y: d.uniform(-10, 10), half: [2]float64{d.uniform(1, 8), d.uniform(0.4, 5)},
			soft: d.uniform(0.4, 2), bright: 0.02 + 0.08*d.ExpFloat64(), warp: d.uniform(0, 0.002), bars: d.uniform(0, 0.4)}
		p.sin, p.cos = math.Sincos(d.NormFloat64() * 0.5)
		g.panes = append(g.panes, p)
	}
	if d.chance(0.4) {
		p := lamp(d.uniform(-21, -16), d.uniform(2, 11), d.uniform(0.4, 0.9), d.uniform(0.4, 1))
		g.pad = &p
	}
	e.look.glasses = g
}

// over returns the light at (x, y) of the picture after the glasses.
func (g *glasses) over(light, x, y float64) float64 {
	off := y - g.rimY - g.slope*x - g.bend*x*x
	light *= 1 - g.shadow*bump(off-g.drop, 0.8)
	if g.pad != nil {
		light = light*(1-0.6*bump(math.Hypot(x-g.pad.x-0.8, y-g.pad.y-0.8), 1.3)) + g.pad.at(x-g.pad.x, y-g.pad.y)
	}
	rim := smooth(g.width+0.25, g.width-0.25, math.Abs(off))
	shine := g.shine * bump(off+0.4*g.width, 0.5*g.width) * (0.6 + 0.4*lattice(x/6, 0, g.seed))
	light = light*(1-rim) + (g.tone*0.5+shine)*rim
	for i := range g.panes {
		light += g.panes[i].at(x-g.panes[i].x, y-g.panes[i].y)
	}
	return light + g.veil
}
