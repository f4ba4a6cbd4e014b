package adapt

import (
	"math"
	"math/rand/v2"

	"simgan/data/picture"
)

// floats is an image whose levels are numbers, 0 the lowest level and 1 the highest, plane after plane.
type floats struct {
	c, h, w, bits int
	v             []float64
}

func toFloats(m picture.Image) floats {
	f := floats{m.C, m.H, m.W, m.Bits, make([]float64, len(m.Pix))}
	top := float64(int(1)<<m.Bits - 1)
	for i, level := range m.Pix {
		f.v[i] = float64(level) / top
	}
	return f
}

// image returns the floats as levels, rounded and clamped.
func (f floats) image() picture.Image {
	m := picture.NewImage(f.c, f.h, f.w, f.bits)
	top := float64(int(1)<<f.bits - 1)
	for i, v := range f.v {
		m.Pix[i] = uint16(math.Round(min(max(v, 0), 1) * top))
	}
	return m
}

// plane returns channel c.
func (f floats) plane(c int) []float64 { return f.v[c*f.h*f.w : (c+1)*f.h*f.w] }

// stretch multiplies the distance of each value from the image's mean by gain, then raises the result to the exponent.
func (f floats) stretch(gain, exponent float64) {
	if gain == 1 && exponent == 1 {
		return
	}
	mean := 0.0
	for _, v := range f.v {
		mean += v / float64(len(f.v))
	}
	for i, v := range f.v {
		f.v[i] = math.Pow(min(max(mean+gain*(v-mean), 0), 1), exponent)
	}
}

// shade multiplies the image by a plane that rises from 1-gain to 1+gain in the direction.
func (f floats) shade(gain, direction float64) {
	if gain == 0 {
		return
	}
	sin, cos := math.Sincos(direction)
	for i := range f.v {
		x := float64(i%f.w)/float64(f.w) - 0.5
		y := float64(i/f.w%f.h)/float64(f.h) - 0.5
		f.v[i] *= max(0, 1+2*gain*(x*cos+y*sin))
	}
}

// missing reports whether pixel i has no depth: in images of 16 bits, the highest level says so. No operation changes
// such a pixel or lets it change others.
func (f floats) missing(i int) bool { return f.bits == 16 && f.v[i] >= 1 }

// blur applies a Gaussian of the given standard deviation in pixels. Outside the image its border is repeated.
func (f floats) blur(sigma float64) {
	if sigma < 0.05 {
		return
	}
	if f.bits != 16 {
		f.smooth(f.v, sigma)
		return
	}
	// Each pixel becomes the weighted mean of the pixels around it that have a depth.
	share, missing := make([]float64, len(f.v)), make([]bool, len(f.v))
	for i := range f.v {
		if missing[i] = f.missing(i); missing[i] {
			f.v[i] = 0
		} else {
			share[i] = 1
		}
	}
	f.smooth(f.v, sigma)
	f.smooth(share, sigma)
	for i := range f.v {
		if f.v[i] /= share[i]; missing[i] {
			f.v[i] = 1
		}
	}
}

// smooth applies blur's Gaussian to planes of the image's size.
func (f floats) smooth(planes []float64, sigma float64) {
	kernel := gaussian(sigma)
	line := make([]float64, max(f.h, f.w))
	along := func(at []float64, n, stride int) {
		for i := range n {
			line[i] = at[i*stride]
		}
		for i := range n {
			total := kernel[0] * line[i]
			for d := 1; d < len(kernel); d++ {
				total += kernel[d] * (line[max(i-d, 0)] + line[min(i+d, n-1)])
			}
			at[i*stride] = total
		}
	}
	for c := range f.c {
		plane := planes[c*f.h*f.w : (c+1)*f.h*f.w]
		for y := range f.h {
			along(plane[y*f.w:], f.w, 1)
		}
		for x := range f.w {
			along(plane[x:], f.h, f.w)
		}
	}
}

// gaussian returns the weights at distances 0, 1, ... up to three standard deviations. Both sides together sum to 1.
func gaussian(sigma float64) []float64 {
	weights, sum := make([]float64, int(math.Ceil(3*sigma))+1), 0.0
	for d := range weights {
		weights[d] = math.Exp(-float64(d*d) / (2 * sigma * sigma))
		sum += weights[d] * float64(min(d, 1)+1)
	}
	for d := range weights {
		weights[d] /= sum
	}
	return weights
}

// noise adds white Gaussian noise of the given standard deviation.
func (f floats) noise(sigma float64, random *rand.Rand) {
	if sigma == 0 {
		return
	}
	for i := range f.v {
		if !f.missing(i) {
			f.v[i] += sigma * random.NormFloat64()
		}
	}
}

// detail is the size of a detail that spans a pixel in an image of 64 pixels, at least 1.
func (f floats) detail() float64 { return max(1, float64(min(f.h, f.w))/64) }

// holes sets discs to 1, the level of missing depth, until they cover the share. Their radius is 1 to 4 pixels in an
// image of 64 pixels, and grows with the image.
func (f floats) holes(share float64, random *rand.Rand) {
	size := float64(f.h * f.w)
	for covered := 0.0; covered < share*size; {
		radius := f.detail() * (1 + 3*random.Float64())
		covered += math.Pi * radius * radius
		x0, y0 := random.Float64()*float64(f.w), random.Float64()*float64(f.h)
		for y := max(int(y0-radius), 0); y <= min(int(y0+radius), f.h-1); y++ {
			for x := max(int(x0-radius), 0); x <= min(int(x0+radius), f.w-1); x++ {
				if math.Hypot(float64(x)-x0, float64(y)-y0) <= radius {
					for c := range f.c {
						f.plane(c)[y*f.w+x] = 1
					}
				}
			}
		}
	}
}
