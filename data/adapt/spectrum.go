package adapt

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// spectrum returns the decimal logarithm of channel c's mean power in bands of frequency of equal width, from the
// lowest frequency above 0 to the highest of the longer side.
func (f floats) spectrum(c, bands int) []float64 {
	const least = 1e-12 // so that a flat image has a logarithm
	power, n := f.power(c, bands)
	for band := range power {
		power[band] = math.Log10(power[band]/max(n[band], 1) + least)
	}
	return power
}

// power returns channel c's power in the bands of spectrum, and the number of frequencies in each.
func (f floats) power(c, bands int) (power, n []float64) {
	rows, columns := fourier.NewCmplxFFT(f.w), fourier.NewCmplxFFT(f.h)
	power, n = make([]float64, bands), make([]float64, bands)
	for i, z := range transform(f.plane(c), f.h, f.w, rows, columns) {
		frequency := math.Hypot(rows.Freq(i%f.w), columns.Freq(i/f.w)) // 0.5 is the Nyquist frequency
		if band := int(frequency / 0.5 * float64(bands)); i > 0 && band < bands {
			amplitude := cmplx.Abs(z) / float64(f.h*f.w)
			power[band] += amplitude * amplitude
			n[band]++
		}
	}
	return power, n
}
