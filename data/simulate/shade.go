package simulate

import "math"

// radiance returns the light that reaches the camera from (x, y), in scene units from the crop's centre; 1 is white.
func (e *Eye) radiance(x, y float64) float64 {
	l := &e.look
	sceneX, sceneY := x+e.centreX, y+e.centreY
	sin, cos := math.Sincos(-e.tilt)
	u, v := sceneX*cos-sceneY*sin, sceneX*sin+sceneY*cos // along and across the fissure
	upper, lower, between := e.lids(u)
	var light float64
	if between && v > upper && v < lower {
		light = e.ball(sceneX, sceneY, v-upper, lower-v)
	} else {
		light = e.skin(u, v, upper, lower, between)
	}
	if between {
		// The lash lines, drawn over lids and ball.
		light *= 1 - l.lashes*bump(v-upper, 0.55)
		light *= 1 - 0.3*l.lashes*bump(v-lower, 0.4)
	}
	light *= e.lashShade(u, v)
	light *= 1 + l.side*(l.light[0]*x/27+l.light[1]*y/30)
	if g := l.glasses; g != nil {
		rim := bump(y-g.rimY-g.slope*x, g.width)
		light = light*(1-rim) + g.tone*rim
		light += g.reflect * bump(math.Hypot(x-g.reflectX, (y-g.reflectY)*1.5), g.reflectSize)
	}
	return math.Max(light, 0) * l.exposure
}

// ball returns the eyeball's radiance. below is the distance to the upper lid, above the distance to the lower lid.
func (e *Eye) ball(x, y, below, above float64) float64 {
	l := &e.look
	dx, dy := (x-e.ballX)/ballRadius, (y-e.ballY)/ballRadius
	d2 := dx*dx + dy*dy
	nz := math.Sqrt(math.Max(1-d2, 0.02))
	facing := 0.65 + 0.35*nz + 0.15*(l.light[0]*dx+l.light[1]*dy)
	tone := l.sclera
	if d2 < 1 {
		angle := math.Acos(math.Min(dx*e.Gaze[0]+dy*e.Gaze[1]-nz*e.Gaze[2], 1))
		within := 1 - smooth(e.iris-0.035, e.iris+0.035, angle)
		limbus := 1 - 0.45*bump(angle-e.iris, 0.05)
		fibres := 1 + 0.12*math.Sin(9*math.Atan2(dy-e.Gaze[1], dx-e.Gaze[0]))*smooth(e.pupil, e.iris, angle)
		iris := l.irisTone * fibres
		iris += (l.pupilTone - iris) * (1 - smooth(e.pupil-0.03, e.pupil+0.03, angle))
		tone = (tone*(1-within) + iris*within) * limbus
	}
	tone *= facing
	tone *= 1 - 0.5*bump(below, 2.3) // the upper lid's shadow
	tone *= 1 - 0.15*bump(above, 1)
	// The corners are shaded and pinkish, so darker than the sclera.
	tone *= 1 - 0.35*smooth(0.72, 1, math.Abs(x)/e.half)
	for _, g := range l.glint {
		gx, gy := e.Gaze[0]*0.75+g.x*0.5, e.Gaze[1]*0.75+g.y*0.5
		tone += g.bright * bump(math.Hypot(dx-gx, dy-gy), g.size)
	}
	return tone
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
		tone *= 1 + 0.08*bump(above-l.creaseAbove*0.5, 1.2)*fade // the lid bulges
		tone *= 1 - l.socket*bump(above-7, 3)*fade
		tone *= 1 - l.brow*smooth(l.browAbove-4, l.browAbove+3, -v-7+0.1*math.Abs(u))
	} else {
		under := v - lower
		tone *= 1 + 0.08*bump(under-0.8, 0.6)*fade // the lower lid's wet rim
		tone *= 1 - 0.6*l.socket*bump(under-4.5, 2)*fade
		tone *= 1 + 0.2*smooth(3, 10, under)
	}
	tone *= 1 - l.socket*0.6*bump(u+e.half+3, 5) // the side of the nose
	grain := lattice(u/1.3, v/1.3, l.textureSeed) + 1.5*lattice(u/5, v/5, l.textureSeed+1)
	return tone * (1 + l.texture*grain)
}

// lashShade returns the share of light that single lashes let through.
func (e *Eye) lashShade(u, v float64) float64 {
	through := 1.0
	for _, h := range e.look.hairs {
		along := (v - h.root + 1) / h.length // lashes hang a little over the eye, then stand off
		if along < 0 || along > 1 {
			continue
		}
		through *= 1 - h.dark*(1-along)*bump(u-h.t*e.half-(h.lean+0.4*h.t)*along*h.length, 0.3)
	}
	return through
}
