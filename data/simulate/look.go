package simulate

import (
	"math"
	"math/rand/v2"
)

// look holds what differs between the domains: reflectances in 0..1, light, and the camera. The parts that are pointers
// or lists belong to one effect each; nil or empty is the look of a renderer.
type look struct {
	skin, sclera, irisTone, pupilTone float64
	light                             [2]float64 // direction of the light in the image, right and down
	side                              float64    // share of the light from the side
	socket                            float64    // darkness of the socket around the lids
	crease, creaseAbove               float64    // darkness and height of the upper lid's crease
	bulge                             float64    // brightness of the lids' bulges
	brow, browAbove                   float64
	lashes, lashWidth                 float64 // darkness and width of the upper lash line
	lashGrow                          float64 // how much wider the line gets from the middle to the outer corner
	lowerLashes                       float64 // darkness of the lower lash line
	texture                           float64 // contrast of the skin's texture
	textureSeed                       uint64
	exposure, gamma                   float64
	relief                            *relief
	panes                             []pane
	eyeball                           *eyeball
	lashHairs, browHairs              []hair
	folds                             *folds
	browBand                          *browBand
	shadow                            *shadow
	glasses                           *glasses
	shiftX, shiftY                    float64 // error of the crop's centre, scene units
	blur                              float64 // standard deviation of the optics' blur, scene units
	motion                            float64 // standard deviation of the horizontal motion blur, scene units
	webcam                            *webcam // nil: an ideal sensor
	equalize                          bool    // histogram equalisation, as in MPIIGaze's normalisation
}

// newLook draws the look of a renderer: clean and smooth, with one bright highlight.
func newLook(r *rand.Rand) look {
	uniform := dice{r}.uniform
	angle := uniform(-0.8, 0.8)
	l := look{
		light: [2]float64{math.Sin(angle), -math.Cos(angle)}, textureSeed: r.Uint64(),
		creaseAbove: uniform(2.2, 4.5), browAbove: uniform(10, 16),
	}
	l.skin, l.sclera = uniform(0.5, 0.75), uniform(0.75, 0.95)
	l.irisTone, l.pupilTone = uniform(0.22, 0.5), 0.04
	l.side, l.socket = uniform(0.1, 0.5), uniform(0.1, 0.35)
	l.crease, l.brow = uniform(0.1, 0.3), uniform(0.1, 0.5)
	l.lashes, l.lashWidth, l.bulge, l.texture = uniform(0.1, 0.3), 0.55, 0.08, 0.01
	l.lowerLashes = 0.3 * l.lashes
	l.panes = []pane{lamp(uniform(-0.25, 0.25)*0.5, uniform(-0.3, -0.1)*0.5, uniform(0.05, 0.09), uniform(0.6, 1))}
	l.exposure, l.gamma = uniform(0.5, 0.8), 1
	return l
}

// setTones draws reflectances as in photographs, where the sclera is hardly brighter than skin and irises are dark.
func (e *Eye) setTones(d dice) {
	l := &e.look
	l.skin = d.uniform(0.3, 0.7)
	l.sclera = l.skin * d.uniform(0.55, 1.1)
	l.irisTone = 0.05 * math.Pow(4, d.Float64()*d.Float64())
	l.pupilTone = l.irisTone * d.uniform(0.3, 1)
	l.socket = d.uniform(0.05, 0.45)
	l.exposure, l.gamma = 0.1*math.Pow(5, d.Float64())/l.skin, d.uniform(1.3, 2.4) // exposed for the face
}

// setShift draws the error of the eye's detector.
func (e *Eye) setShift(d dice) {
	e.look.shiftX, e.look.shiftY = d.NormFloat64()*0.7, d.NormFloat64()*0.7
}

// setBlur draws focus and motion.
func (e *Eye) setBlur(d dice) {
	e.look.blur, e.look.motion = 0.02+0.13*d.ExpFloat64(), math.Max(0, d.NormFloat64()*0.5-0.3)
	e.look.blur = math.Min(e.look.blur, 0.9)
}

func (e *Eye) setEqualize(dice) { e.look.equalize = true }
