package simulate

import "math"

// hair is a tapering curve from root to tip, bent towards a third point: a quadratic Bezier curve in scene units.
type hair struct {
	root, bend, tip [2]float64
	width, dark     float64
}

// setLashes draws lashes in bundles: long ones on the upper lid, denser and longer at the outer side, and a few short
// ones on the lower lid. Upper lashes rise, or hang over the ball, alike in one eye.
func (e *Eye) setLashes(d dice) {
	l := &e.look
	l.lashes, l.lashWidth = d.uniform(0.35, 0.9), d.uniform(0.4, 1.1)
	l.lashGrow = d.uniform(-0.1, 0.7)
	l.lowerLashes = 0.3 * d.Float64() * d.Float64()
	length, rise, dark := d.uniform(2, 7), d.uniform(-0.8, 0.9), d.uniform(0.5, 1)
	fan, width := d.uniform(0.3, 0.9), d.uniform(0.12, 0.3)
	for range 9 + d.IntN(16) {
		t := 1 - 1.9*math.Pow(d.Float64(), 1.3)
		reach := length * (0.6 + 0.4*smooth(-1, 0.6, t)) * d.uniform(0.6, 1.1)
		to := [2]float64{(fan*t + d.NormFloat64()*0.15) * reach, -rise * reach}
		e.bundle(d, t, to, 0.35*reach, hair{width: width, dark: dark})
	}
	short, below := d.uniform(0.8, 2.6), d.IntN(14)
	for range below {
		t := 1 - 1.7*math.Pow(d.Float64(), 1.2)
		_, y, _ := e.lids(t * e.half * 0.98)
		lean := 0.6*t + d.NormFloat64()*0.2
		h := hair{root: e.tilted(t*e.half*0.98, y), width: width * 0.7, dark: dark * d.uniform(0.4, 0.9)}
		h.bend = add(h.root, lean*short*0.3, short*0.6)
		h.tip = add(h.root, lean*short, short)
		l.lashHairs = append(l.lashHairs, h)
	}
}

// bundle adds 2 to 4 lashes of the upper lid around t whose tips meet, each to = (right, down) long and sagging first.
func (e *Eye) bundle(d dice, t float64, to [2]float64, sag float64, like hair) {
	for range 2 + d.IntN(3) {
		at := math.Min(math.Max(t+d.NormFloat64()*0.03, -0.97), 0.99) * e.half
		y, _, _ := e.lids(at)
		h := hair{root: e.tilted(at, y), width: like.width, dark: like.dark * d.uniform(0.6, 1)}
		tip := e.tilted(t*e.half+to[0]+d.NormFloat64()*0.2, y+to[1]+d.NormFloat64()*0.3)
		h.bend, h.tip = add(h.root, to[0]*0.4, sag), tip
		e.look.lashHairs = append(e.look.lashHairs, h)
	}
}

func add(p [2]float64, x, y float64) [2]float64 { return [2]float64{p[0] + x, p[1] + y} }

// browBand is the brow's dark band, in which its hairs grow.
type browBand struct{ dark, thick, arch float64 }

// setBrow draws a brow of many hairs. They rise near the nose and lie along the brow at its outer end.
func (e *Eye) setBrow(d dice) {
	l := &e.look
	l.browAbove = d.uniform(5, 16)
	b := &browBand{dark: d.uniform(0.15, 0.6), thick: d.uniform(2, 4.5), arch: d.uniform(0.004, 0.014)}
	dark, width := d.uniform(0.15, 0.5), d.uniform(0.12, 0.3)
	l.browBand = b
	for range 60 + d.IntN(120) {
		u := d.uniform(-17, 22)
		angle := 0.8 - 0.9*smooth(-17, 8, u) + d.NormFloat64()*0.3
		sin, cos := math.Sincos(angle)
		length := d.uniform(2, 5)
		h := hair{width: width, dark: dark * d.uniform(0.4, 1)}
		h.root = e.tilted(u, l.browLine(u)+d.NormFloat64()*b.thick*0.5)
		h.bend = add(h.root, length*0.5*cos, -length*0.6*sin)
		h.tip = add(h.root, length*cos, -length*sin+0.1*length)
		l.browHairs = append(l.browHairs, h)
	}
}

// browLine returns the y of the brow's middle at u along the fissure.
func (l *look) browLine(u float64) float64 { return -9 - l.browAbove + l.browBand.arch*(u-4)*(u-4) }

// through returns the share of light that a band of brow lets through at (u, v).
func (b *browBand) through(off, u float64) float64 {
	return 1 - b.dark*bump(off, b.thick)*smooth(-22, -15, u)*smooth(27, 18, u)
}

// hairSegments is the number of straight pieces of a drawn hair.
const hairSegments = 5

// comb returns the share of light that the hairs let through at each of h x w pixels. place maps scene units to pixels;
// a pixel is step units.
func comb(h, w int, hairs []hair, step [2]float64, place func([2]float64) [2]float64) []float64 {
	layer := make([]float64, h*w)
	for i := range layer {
		layer[i] = 1
	}
	for _, hair := range hairs {
		var path [hairSegments + 1][2]float64
		low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
		for i := range path {
			path[i] = place(hair.at(float64(i) / hairSegments))
			for k := range 2 {
				low[k], high[k] = math.Min(low[k], path[i][k]-2), math.Max(high[k], path[i][k]+2)
			}
		}
		for y := max(int(low[1]), 0); y <= min(int(high[1]), h-1); y++ {
			for x := max(int(low[0]), 0); x <= min(int(high[0]), w-1); x++ {
				layer[y*w+x] *= 1 - hair.cover(&path, float64(x), float64(y), step)
			}
		}
	}
	return layer
}

// at returns the point at s along the hair, 0 at its root and 1 at its tip.
func (h *hair) at(s float64) (p [2]float64) {
	for k := range p {
		p[k] = h.root[k]*(1-s)*(1-s) + 2*h.bend[k]*s*(1-s) + h.tip[k]*s*s
	}
	return p
}

// cover returns the share of pixel (x, y) that the hair darkens. A hair thinner than a pixel covers a part of it.
func (h *hair) cover(path *[hairSegments + 1][2]float64, x, y float64, step [2]float64) float64 {
	nearest, along := math.Inf(1), 0.0
	for i := range hairSegments {
		a, b := path[i], path[i+1]
		dx, dy := b[0]-a[0], b[1]-a[1]
		s := ((x-a[0])*dx + (y-a[1])*dy) / (dx*dx + dy*dy + 1e-9)
		s = math.Min(math.Max(s, 0), 1)
		ex, ey := x-a[0]-s*dx, y-a[1]-s*dy
		if d := ex*ex + ey*ey; d < nearest {
			nearest, along = d, (float64(i)+s)/hairSegments
		}
	}
	const pixel = 0.5 // a pixel's blur, pixels
	width := h.width / step[0] * (1 - 0.8*along)
	wide := math.Sqrt(width*width + pixel*pixel)
	return h.dark * (1 - 0.5*along) * width / wide * math.Exp(-nearest/(2*wide*wide))
}
