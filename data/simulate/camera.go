package simulate

import "math"

// oversample is the number of rendered pixels per side that are averaged into one pixel of the crop.
const oversample = 2

// Crop returns the grey picture of h x w pixels that a data set's reader would cut out of the scene.
func (e *Eye) Crop(h, w int) []uint8 {
	step := [2]float64{cropWidth / float64(w*oversample), cropHeight / float64(h*oversample)}
	picture := e.photograph(h, w, oversample, step)
	if e.look.equalize {
		return equalise(picture)
	}
	return quantise(picture)
}

// Normalized returns the 60 x 36 (width x height) picture of MPIIGaze's normalised data.
func (e *Eye) Normalized() []uint8 { return e.Crop(36, 60) }

// photograph returns the camera's picture around the crop's centre: values in 0..1 of h x w pixels. Each is the mean of
// over x over rendered pixels, each step units.
func (e *Eye) photograph(h, w, over int, step [2]float64) []float64 {
	l := &e.look
	picture := e.render(h*over, w*over, step)
	if l.blur > 0 {
		blur(picture, h*over, w*over, math.Hypot(l.blur, l.motion)/step[0], l.blur/step[1])
	}
	if l.webcam != nil {
		sensorH, sensorW := l.webcam.grid(h*over, w*over, step)
		seen := resample(picture, h*over, w*over, sensorH, sensorW)
		seen = l.webcam.capture(seen, sensorH, sensorW, l.gamma, newDice(e.pcg[0], e.pcg[1], noiseStream+e.frame))
		return resample(seen, sensorH, sensorW, h, w)
	}
	tone(picture, l.gamma)
	return shrink(picture, h, w, over)
}

// noiseStream is the number of the random stream of the sensor's noise. It starts again in every call.
const noiseStream = 1 << 32

// tone clips light to 0..1 and applies the camera's gamma.
func tone(picture []float64, gamma float64) {
	for i, v := range picture {
		picture[i] = math.Pow(math.Min(math.Max(v, 0), 1), 1/gamma)
	}
}

// render returns the scene's light: h x w pixels, each step units.
func (e *Eye) render(h, w int, step [2]float64) []float64 {
	l := &e.look
	left, top := l.shiftX-float64(w)/2*step[0], l.shiftY-float64(h)/2*step[1] // the picture's corner, units
	place := func(p [2]float64) [2]float64 {
		return [2]float64{(p[0]-e.centreX-left)/step[0] - 0.5, (p[1]-e.centreY-top)/step[1] - 0.5}
	}
	lashes, brow := comb(h, w, l.lashHairs, step, place), comb(h, w, l.browHairs, step, place)
	picture := make([]float64, h*w)
	for i := range picture {
		x := (float64(i%w)+0.5-float64(w)/2)*step[0] + l.shiftX
		y := (float64(i/w)+0.5-float64(h)/2)*step[1] + l.shiftY
		picture[i] = e.radiance(x, y, lashes[i], brow[i])
	}
	return picture
}

// shrink returns h x w means of over x over pixels.
func shrink(picture []float64, h, w, over int) []float64 {
	small := make([]float64, h*w)
	for i := range small {
		y, x := i/w, i%w
		for dy := range over {
			for dx := range over {
				small[i] += picture[(y*over+dy)*w*over+x*over+dx] / float64(over*over)
			}
		}
	}
	return small
}

// blur applies a separable Gaussian with the given standard deviations in pixels.
func blur(picture []float64, h, w int, sx, sy float64) {
	line := func(n int, sigma float64, at func(int) *float64) {
		kernel := gaussian(sigma)
		radius := len(kernel) / 2
		source := make([]float64, n)
		for i := range n {
			source[i] = *at(i)
		}
		for i := range n {
			sum := 0.0
			for d := -radius; d <= radius; d++ {
				sum += kernel[d+radius] * source[min(max(i+d, 0), n-1)]
			}
			*at(i) = sum
		}
	}
	if sx > 0 {
		for y := range h {
			line(w, sx, func(i int) *float64 { return &picture[y*w+i] })
		}
	}
	if sy > 0 {
		for x := range w {
			line(h, sy, func(i int) *float64 { return &picture[i*w+x] })
		}
	}
}

// gaussian returns a normalised kernel of three standard deviations to each side.
func gaussian(sigma float64) []float64 {
	radius := int(3*sigma + 1)
	kernel, sum := make([]float64, 2*radius+1), 0.0
	for i := range kernel {
		kernel[i] = bump(float64(i-radius), sigma)
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	return kernel
}

func quantise(picture []float64) []uint8 {
	out := make([]uint8, len(picture))
	for i, v := range picture {
		out[i] = uint8(math.Round(math.Min(math.Max(v, 0), 1) * 255))
	}
	return out
}

// equalise spreads the picture's grey levels evenly over 0..255, as in MPIIGaze's normalisation.
func equalise(picture []float64) []uint8 {
	out := quantise(picture)
	var count [256]int
	for _, v := range out {
		count[v]++
	}
	var level [256]uint8
	below, first := 0, -1
	for v, n := range count {
		if n > 0 && first < 0 {
			first = n
		}
		below += n
		if rest := len(out) - first; rest > 0 && n > 0 {
			level[v] = uint8(math.Round(float64(below-first) / float64(rest) * 255))
		}
	}
	for i, v := range out {
		out[i] = level[v]
	}
	return out
}
