package simulate

import "math"

// Frame is a whole picture as in UnityEyes, with landmarks in pixels, y from the top.
type Frame struct {
	W, H     int
	Grey     []uint8
	Interior [][2]float64 // 16 points around the opening
	Caruncle [][2]float64 // 7 points at the inner corner
	Iris     [][2]float64 // 32 points on the limbus
	Gaze     [3]float64
	HeadPose [3]float64 // degrees
}

// Frame draws the scene at w x h with the eye in the middle, at the size it has in UnityEyes: at w = 640, Crop shows
// the middle 140 pixels.
func (e *Eye) Frame(w, h int) Frame {
	window := 140 * float64(w) / 640
	step := cropWidth / window
	f := Frame{W: w, H: h, Gaze: e.Gaze, HeadPose: e.HeadPose}
	f.Grey = quantise(e.photograph(h, w, 1, [2]float64{step, step}))
	place := func(p [2]float64) [2]float64 {
		return [2]float64{(p[0]-e.centreX)/step + float64(w)/2, (p[1]-e.centreY)/step + float64(h)/2}
	}
	for _, p := range e.margin(16) {
		f.Interior = append(f.Interior, place(p))
	}
	for i := range 7 {
		t := -1 + 0.02*float64(i)
		upper, lower, _ := e.lids(t * 0.999 * e.half)
		f.Caruncle = append(f.Caruncle, place(e.tilted(t*e.half, (upper+lower)/2)))
	}
	for _, p := range e.limbus(32) {
		f.Iris = append(f.Iris, place(p))
	}
	return f
}

// limbus returns n points where the iris meets the sclera, projected to the picture.
func (e *Eye) limbus(n int) [][2]float64 {
	g := e.Gaze
	// Two unit vectors perpendicular to the gaze: a to its right, b below it.
	length := math.Hypot(g[0], g[2])
	a := [3]float64{-g[2] / length, 0, g[0] / length}
	b := [3]float64{g[1]*a[2] - g[2]*a[1], g[2]*a[0] - g[0]*a[2], g[0]*a[1] - g[1]*a[0]}
	sin, cos := math.Sincos(e.iris)
	points := make([][2]float64, n)
	for i := range points {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		for k := range 2 {
			points[i][k] = ballRadius * (cos*g[k] + sin*(c*a[k]+s*b[k]))
		}
		points[i][0] += e.ballX
		points[i][1] += e.ballY
	}
	return points
}
