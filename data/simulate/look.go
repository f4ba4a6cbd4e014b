package simulate

import (
	"math"
	"math/rand/v2"
)

// look holds what differs between the domains: reflectances in 0..1, light, and the camera's effects.
type look struct {
	skin, sclera, irisTone, pupilTone float64
	light                             [2]float64 // direction of the light in the image, right and down
	side                              float64    // share of the light from the side
	socket                            float64    // darkness of the socket around the lids
	crease, creaseAbove               float64    // darkness and height of the upper lid's crease
	brow, browAbove                   float64
	lashes                            float64 // darkness of the lash line
	hairs                             []hair
	texture                           float64 // contrast of the skin's texture
	textureSeed                       uint64
	glint                             []glint
	glasses                           *glasses
	exposure, gamma                   float64
	blur                              float64 // standard deviation of the optics' blur, scene units
	motion                            float64 // length of the motion blur, scene units
	noise                             float64 // sensor noise relative to full scale
	jpeg                              int     // quality; 0: no JPEG
	shiftX, shiftY                    float64 // error of the crop's centre, scene units
}

// hair is one lash. It starts at t along the fissure, where the upper margin's y is root.
type hair struct{ t, root, length, lean, dark float64 }

// glint is a light reflected by the cornea, at an offset from the cornea's centre in ball radii.
type glint struct{ x, y, size, bright float64 }

// glasses holds a rim across the picture and a reflection on the lens.
type glasses struct{ rimY, slope, width, tone, reflectX, reflectY, reflectSize, reflect float64 }

func newLook(d Domain, r *rand.Rand) look {
	uniform := func(low, high float64) float64 { return low + (high-low)*r.Float64() }
	angle := uniform(-0.8, 0.8)
	l := look{
		light: [2]float64{math.Sin(angle), -math.Cos(angle)}, textureSeed: r.Uint64(),
		creaseAbove: uniform(2.2, 4.5), browAbove: uniform(10, 16),
	}
	if d == Synthetic {
		l.skin, l.sclera = uniform(0.5, 0.75), uniform(0.75, 0.95)
		l.irisTone, l.pupilTone = uniform(0.22, 0.5), 0.04
		l.side, l.socket = uniform(0.1, 0.5), uniform(0.1, 0.35)
		l.crease, l.brow = uniform(0.1, 0.3), uniform(0.1, 0.5)
		l.lashes, l.texture = uniform(0.1, 0.3), 0.01
		l.glint = []glint{{uniform(-0.25, 0.25), uniform(-0.3, -0.1), uniform(0.05, 0.09), uniform(0.6, 1)}}
		l.exposure, l.gamma = uniform(0.5, 0.8), 1
		return l
	}
	l.skin, l.sclera = uniform(0.35, 0.65), uniform(0.45, 0.65)
	l.irisTone, l.pupilTone = uniform(0.1, 0.2), 0.06
	l.side, l.socket = uniform(0.2, 0.9), uniform(0.2, 0.5)
	l.crease, l.brow = uniform(0.1, 0.35), uniform(0.1, 0.6)
	l.lashes, l.texture = uniform(0.4, 0.9), uniform(0.015, 0.04)
	for range 6 + r.IntN(14) {
		l.hairs = append(l.hairs, hair{
			t: uniform(-0.9, 0.95), length: uniform(1.5, 4), lean: uniform(-0.3, 0.3), dark: uniform(0.2, 0.6),
		})
	}
	for range r.IntN(3) {
		l.glint = append(l.glint, glint{
			uniform(-0.45, 0.45), uniform(-0.4, 0.3), uniform(0.05, 0.1), uniform(0.15, 0.5),
		})
	}
	if r.Float64() < 0.15 {
		l.glasses = &glasses{
			rimY: uniform(-15, -9), slope: uniform(-0.25, 0.25), width: uniform(0.5, 1.3), tone: uniform(0, 0.9),
			reflectX: uniform(-15, 15), reflectY: uniform(-8, 8), reflectSize: uniform(2, 6), reflect: uniform(0, 0.25),
		}
	}
	l.exposure, l.gamma = uniform(0.45, 1.1), uniform(0.75, 1.3)
	l.blur, l.motion = uniform(0.3, 1.0), math.Max(0, r.NormFloat64()*0.7)
	l.noise, l.jpeg = uniform(0.001, 0.008), 55+r.IntN(42)
	l.shiftX, l.shiftY = r.NormFloat64()*0.7, r.NormFloat64()*0.7
	return l
}

// smooth returns a smooth step from 0 at a to 1 at b.
func smooth(a, b, x float64) float64 {
	t := math.Min(math.Max((x-a)/(b-a), 0), 1)
	return t * t * (3 - 2*t)
}

// bump returns a Gaussian: 1 at 0, falling to 0 over a few widths.
func bump(x, width float64) float64 {
	if x > 4*width || x < -4*width {
		return 0
	}
	return math.Exp(-x * x / (2 * width * width))
}

// lattice returns value noise in -1..1 of wavelength 1. It is the same on every machine.
func lattice(x, y float64, seed uint64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	corner := func(i, j float64) float64 {
		h := seed ^ uint64(int64(fx+i))*0x9E3779B97F4A7C15 ^ uint64(int64(fy+j))*0xC2B2AE3D27D4EB4F
		h ^= h >> 31
		h *= 0xBF58476D1CE4E5B9
		h ^= h >> 29
		return float64(h>>11)/(1<<52) - 1
	}
	tx, ty := smooth(0, 1, x-fx), smooth(0, 1, y-fy)
	top := corner(0, 0)*(1-tx) + corner(1, 0)*tx
	bottom := corner(0, 1)*(1-tx) + corner(1, 1)*tx
	return top*(1-ty) + bottom*ty
}
