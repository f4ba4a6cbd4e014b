package simulate

import "math"

// Window is a part of the 640 x 480 picture, in pixels.
type Window struct{ X, Y, W, H int }

// margin is the number of pixels beside a window that affect what a Kinect sees in it: the widest shadow.
const margin = 56

// Where solids meet, depths within reach pixels and crease mm are averaged, because flesh has no creases there.
const reach, crease = 1, 7.0

// Depth returns the depth picture of the window in mm, as NYU stores it. Pixels without a depth are 0 in the synthetic
// domain, as in NYU's synthdepth, and NoDepth in the real one, as in NYU's depth. A pixel does not depend on the
// window.
func (h *Hand) Depth(w Window) []uint16 {
	out := make([]uint16, w.W*w.H)
	for i, z := range h.sensor.see(h, w) {
		if out[i] = h.empty; z < NoDepth {
			out[i] = uint16(math.Round(z))
		}
	}
	return out
}

// surface returns the depth z of the nearest solid at every pixel of the window, in mm; +Inf if there is none.
func (h *Hand) surface(w Window) []float64 {
	wide := Window{w.X - reach, w.Y - reach, w.W + 2*reach, w.H + 2*reach}
	z := make([]float64, wide.W*wide.H)
	for i := range z {
		z[i] = math.Inf(1)
	}
	rays := wide.rays()
	for i := range h.solids {
		h.solids[i].draw(z, rays, wide)
	}
	return smoothed(z, wide.W, w)
}

// rays returns the unit vectors from the camera through the window's pixels.
func (w Window) rays() [][3]float64 {
	rays := make([][3]float64, w.W*w.H)
	for i := range rays {
		x, y := (float64(i%w.W+w.X)-OpticalU)/FocalX, (OpticalV-float64(i/w.W+w.Y))/FocalY
		length := math.Sqrt(x*x + y*y + 1)
		rays[i] = [3]float64{x / length, y / length, 1 / length}
	}
	return rays
}

// draw lowers z to the solid's depth wherever the solid is nearer.
func (s *solid) draw(z []float64, rays [][3]float64, w Window) {
	box := s.box()
	for y := max(box.Y-w.Y, 0); y < min(box.Y+box.H-w.Y, w.H); y++ {
		for x := max(box.X-w.X, 0); x < min(box.X+box.W-w.X, w.W); x++ {
			i := y*w.W + x
			if z[i] <= s.front {
				continue
			}
			if t := s.hit(rays[i]) * rays[i][2]; t > 0 && t < z[i] {
				z[i] = t
			}
		}
	}
}

// box returns a window that contains the solid.
func (s *solid) box() Window {
	left, right, top, bottom := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	around := func(p [3]float64, r float64) {
		near := max(p[2]-r, 1)
		seen := Project(p)
		size := r*FocalX/near*1.1 + 1
		left, right = min(left, seen[0]-size), max(right, seen[0]+size)
		top, bottom = min(top, seen[1]-size), max(bottom, seen[1]+size)
	}
	around(s.a, s.ra)
	if s.flat {
		around(s.b, s.ra)
		around(s.c, s.ra)
	} else {
		around(s.b, s.rb)
	}
	x, y := int(math.Floor(left)), int(math.Floor(top))
	return Window{x, y, int(right) + 1 - x, int(bottom) + 1 - y}
}

// smoothed averages each pixel of the window with its neighbours of similar depth.
func smoothed(z []float64, stride int, w Window) []float64 {
	out := make([]float64, w.W*w.H)
	for y := range w.H {
		for x := range w.W {
			centre := z[(y+reach)*stride+x+reach]
			if out[y*w.W+x] = centre; math.IsInf(centre, 1) {
				continue
			}
			sum, n := 0.0, 0.0
			for dy := range 2*reach + 1 {
				for _, v := range z[(y+dy)*stride+x : (y+dy)*stride+x+2*reach+1] {
					if d := v - centre; d < crease && d > -crease {
						sum, n = sum+v, n+1
					}
				}
			}
			out[y*w.W+x] = sum / n
		}
	}
	return out
}
