package simulate

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// oversample is the number of camera pixels per side that are averaged into one pixel of the crop.
const oversample = 2

// Crop returns the grey picture of h x w pixels that a data set's reader would cut out of the scene.
func (e *Eye) Crop(h, w int) []uint8 {
	big := e.expose(h*oversample, w*oversample, cropWidth/float64(w*oversample), cropHeight/float64(h*oversample))
	small := make([]float64, h*w)
	for i := range small {
		y, x := i/w, i%w
		for dy := range oversample {
			for dx := range oversample {
				small[i] += big[(y*oversample+dy)*w*oversample+x*oversample+dx] / (oversample * oversample)
			}
		}
	}
	if e.domain == Real {
		return equalise(small)
	}
	return quantise(small)
}

// Normalized returns the 60 x 36 (width x height) picture of MPIIGaze's normalised data.
func (e *Eye) Normalized() []uint8 { return e.Crop(36, 60) }

// expose returns the camera's picture around the crop's centre:
// values in 0..1 of h x w pixels, each stepX x stepY scene units.
func (e *Eye) expose(h, w int, stepX, stepY float64) []float64 {
	l := &e.look
	picture := make([]float64, h*w)
	for i := range picture {
		x := (float64(i%w)+0.5-float64(w)/2)*stepX + l.shiftX
		y := (float64(i/w)+0.5-float64(h)/2)*stepY + l.shiftY
		picture[i] = e.radiance(x, y)
	}
	if l.blur > 0 {
		blur(picture, h, w, l.blur/stepX, l.blur/stepY)
		if l.motion > 0 {
			blur(picture, h, w, l.motion/stepX, 0)
		}
	}
	e.random = rand.New(rand.NewPCG(e.pcg[0], ^e.pcg[1])) // the same noise in every call
	for i, v := range picture {
		if l.noise > 0 { // shot noise grows with light, read noise does not
			v += l.noise * (0.4 + 1.2*math.Sqrt(math.Max(v, 0))) * e.random.NormFloat64()
		}
		picture[i] = math.Pow(math.Min(math.Max(v, 0), 1), 1/l.gamma)
	}
	if l.jpeg > 0 {
		compress(picture, h, w, l.jpeg)
	}
	return picture
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

// compress encodes the picture as a JPEG of the given quality and decodes it.
func compress(picture []float64, h, w, quality int) {
	grey := &image.Gray{Pix: quantise(picture), Stride: w, Rect: image.Rect(0, 0, w, h)}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, grey, &jpeg.Options{Quality: quality}); err != nil {
		return // cannot happen: writing to a buffer never fails
	}
	decoded, err := jpeg.Decode(&file)
	if err != nil {
		return // cannot happen: the JPEG was just encoded
	}
	levels := decoded.(*image.Gray)
	for i := range picture {
		picture[i] = float64(levels.Pix[i/w*levels.Stride+i%w]) / 255
	}
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
