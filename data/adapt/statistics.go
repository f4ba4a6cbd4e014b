package adapt

import (
	"math"
	"slices"
)

// statistics describes one image by numbers that say how it was lit, taken and compressed, and little of what it
// shows. They are, per channel: mean, deviation and five quantiles of levels; the logarithm of the mean difference of
// neighbours at distances 1, 2 and 4, across and down; how peaked the differences at distance 1 are; how much brighter
// the right and the lower half are; the share of pixels of the highest level; and of depths, how much is missing between
// pixels that have one.
func (f floats) statistics() []float64 {
	var out []float64
	for c := range f.c {
		plane := f.plane(c)
		out = append(out, tones(plane)...)
		for _, distance := range []int{1, 2, 4} {
			out = append(out, f.roughness(plane, distance, 0)...)
			out = append(out, f.roughness(plane, 0, distance)...)
		}
		out = append(out, f.slopes(plane)...)
		if f.bits == 16 {
			out = append(out, f.gaps(plane, 2), f.gaps(plane, 5))
		}
	}
	return out
}

// tones returns mean, deviation and quantiles.
func tones(plane []float64) []float64 {
	n := float64(len(plane))
	mean, square := 0.0, 0.0
	for _, v := range plane {
		mean += v / n
		square += v * v / n
	}
	out := []float64{mean, math.Sqrt(max(square-mean*mean, 0))}
	sorted := slices.Sorted(slices.Values(plane))
	for _, q := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		out = append(out, sorted[int(q*(n-1)+0.5)])
	}
	return out
}

// roughness returns the logarithm of the mean absolute difference of pixels dx, dy apart, and at distance 1 the
// logarithm of the ratio of root mean square to mean, which is large where differences are few and strong.
func (f floats) roughness(plane []float64, dx, dy int) []float64 {
	const least = 1e-4 // so that a flat image has a logarithm
	sum, square, n := 0.0, 0.0, 0.0
	for y := range f.h - dy {
		for x := range f.w - dx {
			a, b := plane[y*f.w+x], plane[(y+dy)*f.w+x+dx]
			if f.bits == 16 && max(a, b) >= 1 {
				continue // a step to missing depth is no roughness
			}
			d := math.Abs(a - b)
			sum, square, n = sum+d, square+d*d, n+1
		}
	}
	n = max(n, 1)
	out := []float64{math.Log(sum/n + least)}
	if dx+dy == 1 {
		out = append(out, math.Log((math.Sqrt(square/n)+least)/(sum/n+least)))
	}
	return out
}

// slopes returns how much brighter the right half is than the left, the lower than the upper, and the share of pixels
// of the highest level.
func (f floats) slopes(plane []float64) []float64 {
	across, down, highest := 0.0, 0.0, 0.0
	for i, v := range plane {
		across += v * math.Copysign(1, float64(i%f.w)-float64(f.w-1)/2)
		down += v * math.Copysign(1, float64(i/f.w)-float64(f.h-1)/2)
		if v >= 1 {
			highest++
		}
	}
	n := float64(len(plane))
	return []float64{2 * across / n, 2 * down / n, highest / n}
}

// gaps returns the logarithm of the share of pixels without a depth that have one at most `reach` pixels away on each of
// the four sides. Holes and ragged outlines make many, gaps between fingers few.
func (f floats) gaps(plane []float64, reach int) float64 {
	const least = 1e-3 // so that an image without gaps has a logarithm
	found := func(i, step, room int) bool {
		for k := 1; k <= min(reach, room); k++ {
			if plane[i+k*step] < 1 {
				return true
			}
		}
		return false
	}
	gaps := 0.0
	for i, v := range plane {
		x, y := i%f.w, i/f.w
		if v >= 1 && found(i, -1, x) && found(i, 1, f.w-1-x) && found(i, -f.w, y) && found(i, f.w, f.h-1-y) {
			gaps++
		}
	}
	return math.Log(gaps/float64(len(plane)) + least)
}
