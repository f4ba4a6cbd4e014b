package simulate

import "math"

// radiance returns the light that reaches the camera from (x, y), in scene units from the crop's centre; 1 is white.
// lashes and brow are the shares of light that their hairs let through.
func (e *Eye) radiance(x, y, lashes, brow float64) float64 {
	l := &e.look
	sceneX, sceneY := x+e.centreX, y+e.centreY
	sin, cos := math.Sincos(-e.tilt)
	u, v := sceneX*cos-sceneY*sin, sceneX*sin+sceneY*cos // along and across the fissure
	upper, lower, between := e.lids(u)
	var light float64
	if between && v > upper && v < lower {
		light = e.ball(sceneX, sceneY, u, v, v-upper, lower-v)
	} else {
		light = e.skin(u, v, upper, lower, between) * brow
	}
	if between {
		// The lash lines, drawn over lids and ball.
		light *= 1 - l.lashes*bump(v-upper, l.lashWidth*(1+l.lashGrow*u/e.half))
		light *= 1 - l.lowerLashes*bump(v-lower, 0.4)
		if l.folds != nil {
			light = l.folds.edge(light, u, v-upper, lower-v)
		}
	}
	light *= lashes
	light *= 1 + l.side*(l.light[0]*x/27+l.light[1]*y/30)
	if l.shadow != nil {
		light *= l.shadow.face(u, v, e.half)
	}
	if r := l.relief; r != nil {
		light *= math.Max(1+r.fall[0]*x+r.fall[1]*y, 0.2)
	}
	if l.glasses != nil {
		light = l.glasses.over(light, x, y)
	}
	return math.Max(light, 0) * l.exposure
}

// ball returns the eyeball's radiance at the scene's (x, y), which is (u, v) along and across the fissure. below is the
// distance to the upper lid, above the distance to the lower lid.
func (e *Eye) ball(x, y, u, v, below, above float64) float64 {
	l := &e.look
	dx, dy := (x-e.ballX)/ballRadius, (y-e.ballY)/ballRadius
	tone := e.ballTone(dx, dy, u, v)
	if l.eyeball != nil {
		tone = l.eyeball.flesh(tone, l.skin, u+e.half, v)
	}
	tone *= e.ballLight(dx, dy)
	if l.shadow != nil {
		tone *= l.shadow.ball(u, below, u/e.half)
	} else {
		tone *= 1 - 0.5*bump(below, 2.3) // the upper lid's shadow
	}
	tone *= 1 - 0.15*bump(above, 1)
	// The corners are shaded and pinkish, so darker than the sclera.
	tone *= 1 - 0.35*smooth(0.72, 1, math.Abs(x)/e.half)
	gx, gy := e.Gaze[0]*0.75, e.Gaze[1]*0.75
	for i := range l.panes {
		tone += l.panes[i].at(dx-(gx+l.panes[i].x), dy-(gy+l.panes[i].y))
	}
	return tone
}

// ballLight returns the share of light that the ball throws back at (dx, dy) from its centre in radii.
func (e *Eye) ballLight(dx, dy float64) float64 {
	l := &e.look
	if l.relief != nil {
		return l.relief.ball(dx, dy)
	}
	nz := math.Sqrt(math.Max(1-(dx*dx+dy*dy), 0.02))
	return 0.65 + 0.35*nz + 0.15*(l.light[0]*dx+l.light[1]*dy)
}

// ballTone returns the reflectance of sclera, iris or pupil.
func (e *Eye) ballTone(dx, dy, u, v float64) float64 {
	l := &e.look
	b := l.eyeball
	tone := l.sclera
	if b != nil {
		tone *= b.sclera(u, v, u/e.half)
	}
	d2 := dx*dx + dy*dy
	if d2 >= 1 {
		return tone
	}
	nz := math.Sqrt(math.Max(1-d2, 0.02))
	angle := math.Acos(math.Min(dx*e.Gaze[0]+dy*e.Gaze[1]-nz*e.Gaze[2], 1))
	soft, ring, ringWidth := 0.035, 0.45, 0.05
	if b != nil {
		soft, ring, ringWidth = b.soft, b.limbus, b.limbusAt
	}
	within := 1 - smooth(e.iris-soft, e.iris+soft, angle)
	limbus := 1 - ring*bump(angle-e.iris, ringWidth)
	iris := l.irisTone
	if b == nil {
		iris *= 1 + 0.12*math.Sin(9*math.Atan2(dy-e.Gaze[1], dx-e.Gaze[0]))*smooth(e.pupil, e.iris, angle)
	} else if within > 0 {
		ox, oy := dx-e.Gaze[0], dy-e.Gaze[1]
		r := math.Hypot(ox, oy) + 1e-9
		iris *= b.iris(ox/r, oy/r, (angle-e.pupil)/(e.iris-e.pupil), l.light)
	}
	iris += (l.pupilTone - iris) * (1 - smooth(e.pupil-0.03, e.pupil+0.03, angle))
	return (tone*(1-within) + iris*within) * limbus
}

// skin returns the radiance of lids, socket, brow and cheek.
func (e *Eye) skin(u, v, upper, lower float64, between bool) float64 {
	l := &e.look
	if !between {
		upper, lower = 0, 0
	}
	tone := l.skin
	beyond := math.Max(math.Abs(u)/e.half-1, 0) // distance past the corners, where the lids' lines fade
	fade := bump(beyond, 0.22)
	if v <= upper {
		above := upper - v
		tone *= 1 - l.crease*bump(above-l.creaseAbove, 0.7)*fade
		tone *= 1 + l.bulge*bump(above-l.creaseAbove*0.5, 1.2)*fade // the lid bulges
		tone *= 1 - l.socket*bump(above-7, 3)*fade
		if l.browBand != nil {
			tone *= l.browBand.through(v-l.browLine(u), u)
		} else {
			tone *= 1 - l.brow*smooth(l.browAbove-4, l.browAbove+3, -v-7+0.1*math.Abs(u))
		}
	} else {
		under := v - lower
		tone *= 1 + l.bulge*bump(under-0.8, 0.6)*fade // the lower lid's wet rim
		tone *= 1 - 0.6*l.socket*bump(under-4.5, 2)*fade
		tone *= 1 + 0.2*smooth(3, 10, under)
	}
	tone *= 1 - l.socket*0.6*bump(u+e.half+3, 5) // the side of the nose
	if l.folds != nil {
		tone *= l.folds.skin(e, u, v, upper, lower)
	} else {
		grain := lattice(u/1.3, v/1.3, l.textureSeed) + 1.5*lattice(u/5, v/5, l.textureSeed+1)
		tone *= 1 + l.texture*grain
	}
	if l.relief != nil {
		tone *= l.relief.skin(u, v)
	}
	return tone
}
