package adapt

import "simgan/data/picture"

// ToneGap returns how far apart the grey levels of rendered and real images are, 0 for images of one distribution and
// near 1 for images that share no level, before and after every rendered image is equalised. It is the energy distance
// of mean, deviation and quantiles of levels, as a share of twice the mean distance between the samples. The images are
// grey ones of 8 bits.
func ToneGap(rendered, real []picture.Image) (asIs, equalized float64) {
	want := tonesOf(real)
	before := tonesOf(rendered)
	after := make([][]float64, len(rendered))
	for i, m := range rendered {
		after[i] = tones(toFloats(m.Equalize()).v)
	}
	return coefficient(before, want), coefficient(after, want)
}

func tonesOf(images []picture.Image) [][]float64 {
	out := make([][]float64, len(images))
	for i, m := range images {
		out[i] = tones(toFloats(m).v)
	}
	return out
}

// coefficient returns the energy distance as a share of its largest value.
func coefficient(a, b [][]float64) float64 {
	between := 2 * meanDistance(a, b, deviations(b))
	if between == 0 {
		return 0
	}
	return max(0, energy(a, b)/between)
}
