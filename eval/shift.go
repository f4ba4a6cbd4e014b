package eval

import (
	"math"
	"math/rand/v2"

	"simgan/cgo"
)

// shifted copies the chosen images to the device, each shifted by normal numbers of the given standard deviation, a
// share of the width: (n, C, H, W). A gaze does not depend on where in the crop the eye is.
func (d set) shifted(s *cgo.Scope, index []int, share float64, random *rand.Rand, device cgo.Device) cgo.Tensor {
	return d.tensor(s, d.shiftedPixels(index, share, random), device)
}

// shiftedPixels returns the pixels of the chosen images after such shifts: n*C*H*W values.
func (d set) shiftedPixels(index []int, share float64, random *rand.Rand) []float32 {
	if share == 0 {
		return d.pixels(index)
	}
	size := d.C * d.H * d.W
	pixels, image := make([]float32, len(index)*size), make([]float32, size)
	deviation := share * float64(d.W)
	for k, i := range index {
		d.PixelsOf(i, image)
		shift(pixels[k*size:(k+1)*size], image, d.H, d.W, deviation*random.NormFloat64(), deviation*random.NormFloat64())
	}
	return pixels
}

// shift writes the planes of h x w of src, moved dx pixels to the right and dy down, to dst. Between pixels it
// interpolates linearly; outside, the border is repeated.
func shift(dst, src []float32, h, w int, dx, dy float64) {
	x0, y0 := math.Floor(-dx), math.Floor(-dy)
	fx, fy := float32(-dx-x0), float32(-dy-y0)
	for i := range dst {
		plane, y, x := i/(h*w)*h*w, i/w%h+int(y0), i%w+int(x0)
		row := func(y int) float32 {
			at := src[plane+min(max(y, 0), h-1)*w:]
			return (1-fx)*at[min(max(x, 0), w-1)] + fx*at[min(max(x+1, 0), w-1)]
		}
		dst[i] = (1-fy)*row(y) + fy*row(y+1)
	}
}
