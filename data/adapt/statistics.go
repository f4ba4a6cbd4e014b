package adapt

import (
	"math"
	"slices"

	"simgan/data/picture"
)

// statistics describes one image by numbers that say how it was lit, taken and compressed, and little of what it
// shows. They are, per channel: mean, deviation and five quantiles of levels; the logarithm of the mean difference of
// neighbours at distances 1, 2 and 4, across and down; how peaked the differences at distance 1 are; how much brighter
// the right and the lower half are; the share of pixels of the highest level; and of depths, how many are missing
// between others.
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
			const least = 1e-3 // so that an image without gaps has a logarithm
			for _, reach := range []int{2, widestGap} {
				out = append(out, math.Log(float64(f.gaps(plane, reach))/float64(len(plane))+least))
			}
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

// Gaps returns what share of the depths of an image of one channel is missing between others. It is 0 for an image
// without depths.
func Gaps(m picture.Image) float64 {
	f := toFloats(m)
	missing, measured := f.gaps(f.v, widestGap), 0
	for _, v := range f.v {
		if v < 1 {
			measured++
		}
	}
	return float64(missing) / max(1, float64(missing+measured))
}

// widestGap is the distance up to which depths on all sides make a gap, in pixels of an image of 64.
const widestGap = 5

// gaps returns how many pixels without a depth have one within reach on each of the four sides. The reach is in pixels
// of an image of 64. Holes and ragged outlines make many gaps, the room between fingers few.
func (f floats) gaps(plane []float64, reach int) (gaps int) {
	reach = int(float64(reach) * f.detail())
	found := func(i, step, room int) bool {
		for k := 1; k <= min(reach, room); k++ {
			if plane[i+k*step] < 1 {
				return true
			}
		}
		return false
	}
	for i, v := range plane {
		x, y := i%f.w, i/f.w
		if v >= 1 && found(i, -1, x) && found(i, 1, f.w-1-x) && found(i, -f.w, y) && found(i, f.w, f.h-1-y) {
			gaps++
		}
	}
	return gaps
}
