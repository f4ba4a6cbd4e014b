package simulate

import "math"

// smooth returns a smooth step from 0 at a to 1 at b.
func smooth(a, b, x float64) float64 {
	t := math.Min(math.Max((x-a)/(b-a), 0), 1)
	return t * t * (3 - 2*t)
}

// bump returns a Gaussian: 1 at 0, falling to 0 over a few widths.
func bump(x, width float64) float64 {
	if x > 4*width || x < -4*width {
		return 0
	}
	return math.Exp(-x * x / (2 * width * width))
}

// lattice returns value noise in -1..1 of wavelength 1. It is the same on every machine.
func lattice(x, y float64, seed uint64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	corner := func(i, j float64) float64 {
		h := seed ^ uint64(int64(fx+i))*0x9E3779B97F4A7C15 ^ uint64(int64(fy+j))*0xC2B2AE3D27D4EB4F
		h ^= h >> 31
		h *= 0xBF58476D1CE4E5B9
		h ^= h >> 29
		return float64(h>>11)/(1<<52) - 1
	}
	tx, ty := smooth(0, 1, x-fx), smooth(0, 1, y-fy)
	top := corner(0, 0)*(1-tx) + corner(1, 0)*tx
	bottom := corner(0, 1)*(1-tx) + corner(1, 1)*tx
	return top*(1-ty) + bottom*ty
}

// thread returns the darkness, 0..1, of thin winding lines at (x, y): the places where value noise is 0.
func thread(x, y, width float64, seed uint64) float64 { return bump(lattice(x, y, seed), width) }
