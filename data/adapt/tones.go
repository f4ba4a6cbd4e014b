package adapt

import "simgan/data/picture"

// Tones describes the grey levels of an image by numbers: mean, deviation and quantiles.
func Tones(m picture.Image) []float64 { return tones(toFloats(m).v) }

// ToneGap returns how far apart the Tones of two sets of images are: 0 for images of one distribution, near 1 for
// images that share no level. It is the energy distance as a share of twice the mean distance between the samples.
func ToneGap(rendered, reals [][]float64) float64 {
	between := 2 * meanDistance(rendered, reals, deviations(reals))
	if between == 0 {
		return 0
	}
	return max(0, energy(rendered, reals)/between)
}
