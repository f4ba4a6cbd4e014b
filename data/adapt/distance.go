package adapt

import "math"

// energy returns the energy distance between two samples of statistics (Szekely & Rizzo 2013): twice the mean distance
// between them, less the mean distances within each. It is about 0 if both come from one distribution. Each statistic
// counts in units of its deviation in the second sample.
func energy(a, b [][]float64) float64 {
	scale := deviations(b)
	return 2*meanDistance(a, b, scale) - within(a, scale) - within(b, scale)
}

// deviations returns each statistic's standard deviation, at least a hundredth so that constants do not count as
// infinitely far apart.
func deviations(sample [][]float64) []float64 {
	const least = 0.01
	out := make([]float64, len(sample[0]))
	n := float64(len(sample))
	for k := range out {
		mean, square := 0.0, 0.0
		for _, s := range sample {
			mean += s[k] / n
			square += s[k] * s[k] / n
		}
		out[k] = max(math.Sqrt(max(square-mean*mean, 0)), least)
	}
	return out
}

func meanDistance(a, b [][]float64, scale []float64) float64 {
	sum := 0.0
	for _, x := range a {
		for _, y := range b {
			sum += apart(x, y, scale)
		}
	}
	return sum / float64(len(a)*len(b))
}

// within returns the mean distance between different members of the sample; 0 for a single one.
func within(a [][]float64, scale []float64) float64 {
	if len(a) < 2 {
		return 0
	}
	return meanDistance(a, a, scale) * float64(len(a)) / float64(len(a)-1)
}

func apart(x, y, scale []float64) float64 {
	sum := 0.0
	for k := range x {
		d := (x[k] - y[k]) / scale[k]
		sum += d * d
	}
	return math.Sqrt(sum)
}
