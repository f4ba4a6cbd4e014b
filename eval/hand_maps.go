package eval

import (
	"math"
	"math/rand/v2"

	"simgan/cgo"
	"simgan/data"
)

// How training images are turned, scaled and shifted: rotation in [-20, 20] degrees [SimGAN] and random crops, whose
// size and place are ours.
const (
	mostTurn  = 20.0 // degrees
	mostScale = 0.12 // of the size
	mostShift = 0.06 // of the side
)

// background is the value of pixels outside of an image: the far side of its cube.
const background = 1

// view turns and scales an image about its centre, then shifts it.
type view struct {
	cos, sin float64 // times the scale
	scale    float64
	dx, dy   float64 // pixels
	h, w     int
}

func newView(h, w int, r *rand.Rand) view {
	between := func(most float64) float64 { return most * (2*r.Float64() - 1) }
	scale := 1 + between(mostScale)
	sin, cos := math.Sincos(between(mostTurn) * math.Pi / 180)
	return view{cos * scale, sin * scale, scale, between(mostShift) * float64(w), between(mostShift) * float64(h), h, w}
}

// place returns where the view shows (x, y) of the image, in pixels.
func (v view) place(x, y float64) (float64, float64) {
	cx, cy := float64(v.w-1)/2, float64(v.h-1)/2
	x, y = x-cx, y-cy
	return cx + v.dx + v.cos*x - v.sin*y, cy + v.dy + v.sin*x + v.cos*y
}

// draw writes the view of the image's planes of h x w. Each pixel is the nearest one of the image, so that depths are
// not mixed.
func (v view) draw(dst, src []float32) {
	cx, cy := float64(v.w-1)/2, float64(v.h-1)/2
	s2 := v.scale * v.scale
	for i := range dst {
		at := i % (v.h * v.w)
		x, y := float64(at%v.w)-cx-v.dx, float64(at/v.w)-cy-v.dy
		u, t := int(math.Round((v.cos*x+v.sin*y)/s2+cx)), int(math.Round((v.cos*y-v.sin*x)/s2+cy))
		if dst[i] = background; u >= 0 && t >= 0 && u < v.w && t < v.h {
			dst[i] = src[i-at+t*v.w+u]
		}
	}
}

// handBatch returns a training batch of the chosen images, each in its own view: images (n, C, H, W), heat maps (n, k,
// m, m) and depths (n, k, m, m) in depthUnit. A joint's depth fills its whole map.
func (d set) handBatch(s *cgo.Scope, index []int, m int, r *rand.Rand, device cgo.Device) (x, heat, depth cgo.Tensor) {
	joints := len(data.HandJoints)
	pixels, views := d.viewed(index, r)
	heats, depths := make([]float32, len(index)*joints*m*m), make([]float32, len(index)*joints*m*m)
	for k, i := range index {
		v, label := views[k], d.Label(i)
		for j := range joints {
			u, t := v.place(float64(label[3*j]), float64(label[3*j+1]))
			cells := (k*joints + j) * m * m
			putPeak(heats[cells:cells+m*m], m, toMap(u, m, d.W), toMap(t, m, d.H))
			for c := range m * m {
				depths[cells+c] = float32(float64(label[3*j+2]) / depthUnit(label))
			}
		}
	}
	maps := []int64{int64(len(index)), int64(joints), int64(m), int64(m)}
	return d.tensor(s, pixels, device), s.From(heats, device, maps...), s.From(depths, device, maps...)
}

// viewed returns the pixels of the chosen images, each in its own view, n*C*H*W values, and the views.
func (d set) viewed(index []int, r *rand.Rand) (pixels []float32, views []view) {
	size := d.C * d.H * d.W
	pixels, views = make([]float32, len(index)*size), make([]view, len(index))
	image := make([]float32, size)
	for k, i := range index {
		views[k] = newView(d.H, d.W, r)
		d.PixelsOf(i, image)
		views[k].draw(pixels[k*size:(k+1)*size], image)
	}
	return pixels, views
}

// toMap returns the place of a pixel on a map of m cells across. toPixel is its inverse. Whole numbers are centres.
func toMap(pixel float64, m, side int) float64  { return (pixel+0.5)*float64(m)/float64(side) - 0.5 }
func toPixel(cell float64, m, side int) float64 { return (cell+0.5)*float64(side)/float64(m) - 0.5 }

// depthUnit returns the unit of depth maps in mm: half the side of the crop's cube.
func depthUnit(label []float32) float64 { return float64(label[len(label)-1]) / 2 }

// putPeak adds a Gaussian of standard deviation 1 cell and height 1 at (x, y) to the map [Newell et al. 2016].
func putPeak(heat []float32, m int, x, y float64) {
	for row := max(int(y)-3, 0); row <= min(int(y)+4, m-1); row++ {
		for col := max(int(x)-3, 0); col <= min(int(x)+4, m-1); col++ {
			d := (float64(col)-x)*(float64(col)-x) + (float64(row)-y)*(float64(row)-y)
			heat[row*m+col] += float32(math.Exp(-d / 2))
		}
	}
}

// peak returns where joint j of k peaks in maps (2k, m, m), in pixels of an image of h x w, and its depth there.
// Between cells, the peak is the top of a Gaussian through the highest cell and its two neighbours.
func peak(maps []float32, j, k, h, w int) [3]float64 {
	m := int(math.Sqrt(float64(len(maps) / (2 * k))))
	heat := maps[j*m*m : (j+1)*m*m]
	best := 0
	for i, v := range heat {
		if v > heat[best] {
			best = i
		}
	}
	x, y := best%m, best/m
	at := func(col, row int) float64 {
		if col < 0 || row < 0 || col >= m || row >= m {
			return 0
		}
		return float64(heat[row*m+col])
	}
	dx := between(at(x-1, y), at(x, y), at(x+1, y))
	dy := between(at(x, y-1), at(x, y), at(x, y+1))
	return [3]float64{toPixel(float64(x)+dx, m, w), toPixel(float64(y)+dy, m, h), float64(maps[(k+j)*m*m+best])}
}

// between returns the place, in -0.5 .. 0.5, of the top of a Gaussian with the given values at -1, 0 and 1.
func between(before, here, after float64) float64 {
	const least = 1e-3
	a, b, c := math.Log(max(before, least)), math.Log(max(here, least)), math.Log(max(after, least))
	if curve := 2*b - a - c; curve > 1e-6 {
		return min(max((c-a)/(2*curve), -0.5), 0.5)
	}
	return 0
}
