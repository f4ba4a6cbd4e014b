// Package simulate draws the built-in eyes and hands in two domains: as a renderer draws them, and as a real camera
// sees them. An eye is a ball with iris and cornea between two lids, seen by a webcam. A hand is flesh around a chain
// of bones, seen by a Kinect. The package knows neither data sets nor torch.
package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Domain is the kind of images: rendered or real.
type Domain int

const (
	Synthetic Domain = iota // rendered: clean, smooth, bright highlights
	Real                    // by a camera; eyes: with all effects
)

// ParseDomain parses synthetic or real.
func ParseDomain(name string) (Domain, error) {
	switch name {
	case "synthetic":
		return Synthetic, nil
	case "real":
		return Real, nil
	}
	return 0, fmt.Errorf("domain %q: use synthetic or real", name)
}

// Distribution of gaze in degrees: pitch (positive up) and yaw (positive if the pupil is to the image's left).
const (
	pitchMean, pitchDeviation, pitchMost = -6.0, 9.0, 25.0
	yawDeviation, yawMost                = 14.0, 35.0
)

// Lengths of the scene in units of 0.91 mm. The fissure of 30 mm is 33 units, 80 % of the crop's width as in MPIIGaze.
const (
	ballRadius = 13.2 // 12 mm
	cropWidth  = 41.25
	cropHeight = 26.25
)

// Eye is one scene: geometry from the same distribution in both domains, and the material and camera of its domain.
type Eye struct {
	Gaze     [3]float64 // unit vector: x right, y down, z away from the camera
	HeadPose [3]float64 // pitch, yaw, roll in degrees
	ballX    float64    // ball's centre relative to the crop's centre, units
	ballY    float64
	half     float64 // half the fissure's width
	upper    float64 // height of the upper lid's arch above the line through the corners
	lower    float64 // depth of the lower lid's arch below it
	peak     float64 // position of the upper arch's peak along the fissure, -1 .. 1
	tilt     float64 // tilt of the line through the corners, radians
	iris     float64 // angle from the gaze to the limbus, radians
	pupil    float64 // angle from the gaze to the pupil's edge, radians
	centreX  float64 // centre of the interior margin's box, which is the centre of a reader's crop
	centreY  float64
	look     look
	pcg      [2]uint64 // the scene's seed
	frame    uint64    // of a clip: the sensor's noise depends on it
}

// NewEye returns scene number index of the seed. Geometry, including gaze, has the same distribution in both domains.
func NewEye(d Domain, seed uint64, index int) *Eye {
	if d == Real {
		return newEye([2]uint64{seed*2 + 1, uint64(index)}, AllEyeEffects())
	}
	return NewEyeWith(0, seed, index)
}

// NewEyeWith returns the synthetic scene number index of the seed with some effects of the real domain. Effects change
// neither the geometry nor one another.
func NewEyeWith(effects Effects, seed uint64, index int) *Eye {
	return newEye([2]uint64{seed * 2, uint64(index)}, effects)
}

func newEye(pcg [2]uint64, effects Effects) *Eye {
	r := rand.New(rand.NewPCG(pcg[0], pcg[1]))
	e := &Eye{pcg: pcg}
	pitch := clipped(r, pitchMean, pitchDeviation, pitchMost)
	yaw := clipped(r, 0, yawDeviation, yawMost)
	e.Gaze = vector(pitch, yaw)
	e.HeadPose = [3]float64{r.NormFloat64() * 5, r.NormFloat64() * 7, r.NormFloat64() * 3}
	e.ballX, e.ballY = r.NormFloat64()*0.4, 0.3+r.NormFloat64()*0.4
	e.half = (16.5 + r.NormFloat64()*0.7) * math.Cos(e.HeadPose[1]*math.Pi/180)
	// The upper lid follows the gaze up and down, the lower lid only a little.
	e.upper = max(2.2, 6.8+0.16*pitch+r.NormFloat64()*0.9)
	e.lower = max(1.8, 4.4-0.04*pitch+r.NormFloat64()*0.6)
	e.peak = r.NormFloat64() * 0.15
	e.tilt = (e.HeadPose[2] - 2) * math.Pi / 180
	e.iris = 0.49 + r.NormFloat64()*0.015
	e.pupil = e.iris * (0.42 + 0.1*r.Float64())
	e.look = newLook(r)
	e.centreX, e.centreY = e.marginCentre()
	e.apply(effects)
	return e
}

func clipped(r *rand.Rand, mean, deviation, most float64) float64 {
	for {
		if v := mean + deviation*r.NormFloat64(); math.Abs(v) <= most {
			return v
		}
	}
}

// vector returns the gaze in MPIIGaze's convention: (-cos p sin y, -sin p, -cos p cos y).
func vector(pitch, yaw float64) [3]float64 {
	p, y := pitch*math.Pi/180, yaw*math.Pi/180
	return [3]float64{-math.Cos(p) * math.Sin(y), -math.Sin(p), -math.Cos(p) * math.Cos(y)}
}

// lids returns the y of the upper and lower margin at x along the fissure, before its tilt, and whether x is inside it.
func (e *Eye) lids(x float64) (upper, lower float64, inside bool) {
	t := x / e.half
	if math.Abs(t) >= 1 {
		return 0, 0, false
	}
	// Warping x moves the arch's peak.
	w := t - e.peak*(1-t*t)
	arch := math.Max(1-w*w, 0) // less than 0 by a peak close to a corner
	return -e.upper * math.Pow(arch, 0.8), e.lower * math.Pow(arch, 0.95), true
}

// marginCentre returns the centre of the box around both tilted margins.
func (e *Eye) marginCentre() (x, y float64) {
	minX, maxX, minY, maxY := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, p := range e.margin(16) {
		minX, maxX = min(minX, p[0]), max(maxX, p[0])
		minY, maxY = min(minY, p[1]), max(maxY, p[1])
	}
	return (minX + maxX) / 2, (minY + maxY) / 2
}

// margin returns n points around the opening: the upper lid from the inner corner, then the lower lid back.
func (e *Eye) margin(n int) [][2]float64 {
	points := make([][2]float64, 0, n)
	for i := range n {
		t := -0.999 + 1.998*float64(i%(n/2))/float64(n/2-1)
		if i >= n/2 {
			t = -t
		}
		upper, lower, _ := e.lids(t * e.half)
		y := upper
		if i >= n/2 {
			y = lower
		}
		points = append(points, e.tilted(t*e.half, y))
	}
	return points
}

func (e *Eye) tilted(x, y float64) [2]float64 {
	sin, cos := math.Sincos(e.tilt)
	return [2]float64{x*cos - y*sin, x*sin + y*cos}
}
