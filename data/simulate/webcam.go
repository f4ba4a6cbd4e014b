package simulate

import (
	"math"

	"simgan/data/picture"
)

// webcam holds the camera's sensor and its processing.
type webcam struct {
	pitch   float64    // distance of the sensor's pixels, units; a pixel of the 55 x 35 crop is 0.75
	noise   float64    // relative to full scale
	colour  [3]float64 // how strongly red, green and blue pixels see the scene, relative to its grey value
	smear   float64    // standard deviation of the noise reduction, pixels
	sharpen float64    // amount of unsharp masking
	jpeg    int        // quality
}

func (e *Eye) setSensor(d dice) {
	c := &webcam{
		pitch: d.uniform(0.25, 0.7), noise: 0.004 * math.Exp(0.9*d.NormFloat64()),
		smear: d.uniform(0, 0.4), sharpen: d.uniform(0, 1.5), jpeg: 82 + d.IntN(17),
	}
	if far := d.uniform(0.75, 1.1); d.chance(0.15) {
		c.pitch = far // the crop is scaled up
	}
	warm := d.uniform(0, 0.35)
	c.colour = [3]float64{1 + warm, 1, 1 - warm}
	e.look.webcam = c
}

// grid returns the sensor's height and width in pixels for a picture of h x w pixels, each step units.
func (c *webcam) grid(h, w int, step [2]float64) (sensorH, sensorW int) {
	fit := func(n int, step float64) int { return max(int(math.Round(float64(n)*step/c.pitch)), 4) }
	return fit(h, step[1]), fit(w, step[0])
}

// capture turns light on h x w pixels of the sensor into the webcam's picture: values in 0..1.
func (c *webcam) capture(light []float64, h, w int, gamma float64, d dice) []float64 {
	c.expose(light, w, d)
	picture := demosaic(light, h, w)
	tone(picture, gamma)
	c.enhance(picture, h, w)
	compress(picture, h, w, c.jpeg)
	return picture
}

// bayer returns the colour of a sensor's pixel: 0 red, 1 green, 2 blue.
func bayer(x, y int) int { return x&1 + y&1 }

// expose turns light into a mosaic of noisy red, green and blue pixels, balanced to the same mean.
func (c *webcam) expose(picture []float64, w int, d dice) {
	for i, v := range picture {
		seen := c.colour[bayer(i%w, i/w)]
		v *= seen
		noise := c.noise * (0.3 + 1.8*math.Sqrt(math.Max(v, 0))) // shot noise grows with light, read noise does not
		picture[i] = (v + noise*d.NormFloat64()) / seen
	}
}

// demosaic returns luma: each colour's missing pixels are means of their neighbours.
func demosaic(mosaic []float64, h, w int) []float64 {
	weight := [3]float64{0.299, 0.587, 0.114}
	luma := make([]float64, len(mosaic))
	for i := range mosaic {
		var sum, n [3]float64
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				x, y := i%w+dx, i/w+dy
				if x < 0 || y < 0 || x >= w || y >= h {
					continue
				}
				share := float64((2 - dx*dx) * (2 - dy*dy)) // bilinear
				k := bayer(x, y)
				sum[k], n[k] = sum[k]+share*mosaic[y*w+x], n[k]+share
			}
		}
		for k := range 3 {
			if n[k] > 0 {
				luma[i] += weight[k] * sum[k] / n[k]
			}
		}
	}
	return luma
}

// enhance reduces noise and sharpens, which leaves halos along edges.
func (c *webcam) enhance(picture []float64, h, w int) {
	if c.smear > 0.2 { // a narrower one changes nothing
		blur(picture, h, w, c.smear, c.smear)
	}
	soft := append([]float64(nil), picture...)
	blur(soft, h, w, 1, 1)
	for i := range picture {
		picture[i] += c.sharpen * (picture[i] - soft[i])
	}
}

// resample returns a picture of h x w pixels at outH x outW: with a triangle as wide as two pixels of the coarser grid.
func resample(picture []float64, h, w, outH, outW int) []float64 {
	narrow := make([]float64, h*outW)
	for x := range outW {
		first, weights := triangle(x, w, outW)
		for y := range h {
			for k, weight := range weights {
				narrow[y*outW+x] += weight * picture[y*w+first+k]
			}
		}
	}
	out := make([]float64, outH*outW)
	for y := range outH {
		first, weights := triangle(y, h, outH)
		for k, weight := range weights {
			row := narrow[(first+k)*outW : (first+k+1)*outW]
			for x, v := range row {
				out[y*outW+x] += weight * v
			}
		}
	}
	return out
}

// triangle returns the first of the n pixels that make pixel i of out, and the weights from there on.
func triangle(i, n, out int) (first int, weights []float64) {
	scale := float64(n) / float64(out)
	reach := math.Max(scale, 1)
	centre := (float64(i)+0.5)*scale - 0.5
	first = max(int(math.Ceil(centre-reach)), 0)
	last, sum := min(int(math.Floor(centre+reach)), n-1), 0.0
	for k := first; k <= last; k++ {
		weight := math.Max(1-math.Abs(float64(k)-centre)/reach, 1e-6)
		weights = append(weights, weight)
		sum += weight
	}
	for k := range weights {
		weights[k] /= sum
	}
	return first, weights
}

// compress encodes the picture as a JPEG of the given quality and decodes it.
func compress(values []float64, h, w, quality int) {
	shown := picture.FromLevels(1, h, w, 8, quantise(values)).Recompress(quality)
	for i, v := range shown.Pix {
		values[i] = float64(v) / 255
	}
}
