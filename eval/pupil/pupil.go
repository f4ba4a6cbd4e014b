// Package pupil finds pupil and iris of a built-in eye in a picture of it, rendered, refined or real. It fits a model
// of the eye to the picture; lids and ball are known, because they are those of the render.
package pupil

import (
	"math"

	"simgan/data/picture"
	"simgan/data/simulate"
)

// Fit says where a pupil was found.
type Fit struct {
	X, Y         float64    // centre of the pupil's outline, pixels
	IrisX, IrisY float64    // centre of the limbus, pixels
	Gaze         [3]float64 // the axis through both, a unit vector as in labels
}

// mostTilt bounds the gaze's x and y. The built-in eyes have less.
const mostTilt = 0.6

// The steps of the search in radii of the ball: the first is about a pixel of the paper's images.
const (
	coarse = 0.06
	fine   = 0.002
)

// Find returns the gaze for which a ball with sclera, iris and pupil resembles the pixels between the lids best. The
// outline gives lids, ball and the sizes of iris and pupil; its gaze is not used.
func Find(m picture.Image, o *simulate.Outline) Fit {
	e, best, least := newEye(m, o), [2]float64{}, math.Inf(1)
	try := func(x, y float64) {
		if c := e.misfit(x, y); c < least {
			best, least = [2]float64{x, y}, c
		}
	}
	for y := -mostTilt; y <= mostTilt; y += coarse {
		for x := -mostTilt; x <= mostTilt; x += coarse {
			try(x, y)
		}
	}
	for step := coarse / 2; step > fine; step /= 2 {
		for moved := true; moved; {
			at := best
			for _, d := range [][2]float64{{-step, 0}, {step, 0}, {0, -step}, {0, step}} {
				try(at[0]+d[0], at[1]+d[1])
			}
			moved = at != best
		}
	}
	f := Fit{Gaze: [3]float64{best[0], best[1], -math.Sqrt(1 - best[0]*best[0] - best[1]*best[1])}}
	f.X, f.Y = o.Centre(f.Gaze, o.Pupil)
	f.IrisX, f.IrisY = o.Centre(f.Gaze, o.Iris)
	return f
}

// eye holds the pixels of the eyeball that are in view.
type eye struct {
	iris, pupil circle
	pixels      []pixel
	most        float64 // residual from which on a pixel counts no more than this: a highlight, a lash
}

// pixel is a pixel's level and its place on the ball.
type pixel struct {
	level   float64 // logarithm, so that light and reflectance add
	x, y, z float64 // unit vector towards the camera
	light   [lights]float64
}

// The model's level is a sum of terms: the tones of sclera, iris and pupil, and smooth light.
const (
	tones  = 3
	lights = 4
	terms  = tones + lights
)

// Constants of the fit, tried on built-in eyes of both domains.
const (
	lidMargin = 1.0  // pixels next to the lids that are left out
	lidShadow = 3.0  // width of the upper lid's shadow, pixels
	dark      = 0.1  // added to levels in 0..1 before the logarithm, which would raise noise in the dark
	outlier   = 1.4  // the largest residual, in standard deviations of the levels
	softness  = 0.05 // half the width of the edges, radians
	rigid     = 0.01 // weight per pixel that holds the light near 0
	limb      = 0.9  // squared distance from the ball's centre beyond which it is too oblique
)

func newEye(m picture.Image, o *simulate.Outline) *eye {
	e := &eye{iris: newCircle(o.Iris), pupil: newCircle(o.Pupil)}
	top, sum, squares := float64(int(1)<<m.Bits-1), 0.0, 0.0
	for i, below := range o.Below {
		x, y := (float64(i%m.W)-o.BallX)/o.RadiusX, (float64(i/m.W)-o.BallY)/o.RadiusY
		if below < lidMargin || o.Above[i] < lidMargin || x*x+y*y > limb {
			continue
		}
		p := pixel{level: math.Log(float64(m.Pix[i])/top + dark), x: x, y: y, z: math.Sqrt(1 - x*x - y*y)}
		p.light = [lights]float64{x, y, x * x, math.Exp(-below * below / (2 * lidShadow * lidShadow))}
		e.pixels = append(e.pixels, p)
		sum, squares = sum+p.level, squares+p.level*p.level
	}
	n := float64(len(e.pixels))
	e.most = outlier * math.Sqrt(max(squares/n-sum/n*sum/n, 1e-6))
	return e
}

// misfit returns the sum of the squared residuals of the best tones and light for a gaze, each at most that of an
// outlier. A pupil brighter than the iris, or an iris brighter than the sclera, adds to it.
func (e *eye) misfit(gx, gy float64) float64 {
	toCamera := 1 - gx*gx - gy*gy
	if toCamera < 0.2 {
		return math.Inf(1)
	}
	rows, weights := e.rows(gx, gy, math.Sqrt(toCamera)), make([]float64, len(e.pixels))
	for i := range weights {
		weights[i] = 1
	}
	var x [terms]float64
	var sum float64
	for range 2 {
		x, sum = solve(rows, weights, e.pixels), 0
		for i, p := range e.pixels {
			r := math.Abs(p.level - dot(rows[i], x))
			weights[i] = 1
			if r > e.most {
				weights[i] = e.most / r * e.most / r
			}
			sum += min(r, e.most) * min(r, e.most)
		}
	}
	bright, brighter := max(x[1]-x[0], 0), max(x[2]-x[1], 0)
	return sum + (bright*bright+brighter*brighter/4)*float64(len(rows))
}

// rows returns the terms of the model at each pixel.
func (e *eye) rows(gx, gy, gz float64) [][terms]float64 {
	rows := make([][terms]float64, len(e.pixels))
	for i, p := range e.pixels {
		towards := p.x*gx + p.y*gy + p.z*gz
		iris, pupil := e.iris.around(towards), e.pupil.around(towards)
		rows[i] = [terms]float64{1 - iris, iris - pupil, pupil, p.light[0], p.light[1], p.light[2], p.light[3]}
	}
	return rows
}

// circle is a circle on the ball around the gaze: cosine and sine of its angle from it.
type circle struct{ cos, sin float64 }

func newCircle(angle float64) circle { return circle{math.Cos(angle), math.Sin(angle)} }

// around returns 1 inside of the circle and 0 outside, with a soft step between. towards is the cosine of the angle
// from the gaze.
func (c circle) around(towards float64) float64 {
	beyond := (c.cos - towards) / c.sin // radians from the circle, near it
	t := min(max((beyond+softness)/(2*softness), 0), 1)
	return 1 - t*t*(3-2*t)
}
