package simulate

import "math"

// Outline says where the parts of an eye are in the picture of Crop(h, w). Places are in pixels, whole numbers being
// their centres.
type Outline struct {
	BallX, BallY     float64 // centre of the ball
	RadiusX, RadiusY float64 // of the ball; they differ if the picture stretches the scene
	Gaze             [3]float64
	Iris, Pupil      float64   // angles from the gaze to the limbus and to the pupil's edge, radians
	Below, Above     []float64 // per pixel, the distance to the upper and the lower lid's margin; < 0 outside
}

// Outline returns the outline of the picture of h x w pixels.
func (e *Eye) Outline(h, w int) *Outline {
	stepX, stepY := cropWidth/float64(w), cropHeight/float64(h)
	shift := [2]float64{e.centreX + e.look.shiftX, e.centreY + e.look.shiftY}
	o := &Outline{
		BallX: (e.ballX-shift[0])/stepX + float64(w-1)/2, BallY: (e.ballY-shift[1])/stepY + float64(h-1)/2,
		RadiusX: ballRadius / stepX, RadiusY: ballRadius / stepY,
		Gaze: e.Gaze, Iris: e.iris, Pupil: e.pupil,
		Below: make([]float64, h*w), Above: make([]float64, h*w),
	}
	sin, cos := math.Sincos(-e.tilt)
	for i := range o.Below {
		x := (float64(i%w)-float64(w-1)/2)*stepX + shift[0]
		y := (float64(i/w)-float64(h-1)/2)*stepY + shift[1]
		u, v := x*cos-y*sin, x*sin+y*cos
		o.Below[i], o.Above[i] = -1, -1
		if upper, lower, between := e.lids(u); between {
			o.Below[i], o.Above[i] = (v-upper)/stepY, (lower-v)/stepY
		}
	}
	return o
}

// Centre returns the centre of the ellipse that a circle around the axis g is seen as. angle is between the axis and
// the circle.
func (o *Outline) Centre(g [3]float64, angle float64) (x, y float64) {
	return o.BallX + o.RadiusX*math.Cos(angle)*g[0], o.BallY + o.RadiusY*math.Cos(angle)*g[1]
}
