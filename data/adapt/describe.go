package adapt

import (
	"math"
	"math/cmplx"
	"runtime"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/dsp/fourier"

	"simgan/data/picture"
)

// Reference holds the descriptions of real images, to measure other images against.
type Reference struct {
	want   [][]float64
	scale  []float64 // each number's deviation
	within float64   // mean distance of two real images
}

// NewReference describes the real images.
func NewReference(real []picture.Image) *Reference {
	want := describe(real)
	scale := deviations(want)
	return &Reference{want, scale, within(want, scale)}
}

// Distance returns how far the images are from the real ones: the energy distance of the images' descriptions, as a
// share of twice the mean distance between the two samples (Szekely & Rizzo 2013). It is about 0, and may be slightly
// negative, if both samples come from one distribution, and near 1 if they have nothing in common. The images must have
// the real ones' size and depth. The result is the same in every call.
func (r *Reference) Distance(images []picture.Image) float64 {
	sample := describe(images)
	between := 2 * meanDistance(sample, r.want, r.scale)
	if between == 0 {
		return 0
	}
	return (between - within(sample, r.scale) - r.within) / between
}

// describe returns the description of each image: its statistics and the spectrum of each channel.
func describe(images []picture.Image) [][]float64 {
	out := make([][]float64, len(images))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, m := range images {
		group.Go(func() error {
			f := toFloats(m)
			out[i] = f.statistics()
			for c := range f.c {
				out[i] = append(out[i], f.spectrum(c, describedBands)...)
			}
			return nil
		})
	}
	_ = group.Wait() // no work returns an error
	return out
}

// describedBands is the number of bands of a spectrum in a description. A few hold what statistics lack: how the power
// falls with the frequency, whatever its direction.
const describedBands = 6

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
