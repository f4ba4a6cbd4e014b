package adapt

import (
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"simgan/data/picture"
)

// Profile describes a set of images by three curves, averaged over images and channels, to be shown beside those of
// other sets.
type Profile struct {
	Levels    []float64 `json:"levels"`    // share of pixels per band of levels, 0 the lowest level, 1 the highest
	Gradients []float64 `json:"gradients"` // share per band of differences to the right and down, 0 to MostGradient
	Spectrum  []float64 `json:"spectrum"`  // log10 of the mean power per band of frequency, 0 to 0.5 cycles per pixel

	LevelMean      float64 `json:"level_mean"`
	LevelDeviation float64 `json:"level_deviation"` // within an image
	GradientMean   float64 `json:"gradient_mean"`
	FineShare      float64 `json:"fine_share"` // of the power, at more than 0.25 cycles per pixel
}

// MostGradient is the difference of neighbours, 1 being the full range of levels, at the upper end of the gradients'
// last band. Larger differences count there.
const MostGradient = 0.25

// profileBands is the number of bands of each curve.
const profileBands = 24

// NewProfile returns the images' profile. At 16 bits, pixels of missing depth and differences from them are left out. A
// refiner does not meet the level of missing depth exactly, so those within background of it count as missing, too.
func NewProfile(images []picture.Image) *Profile {
	parts := make([]*Profile, len(images))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, m := range images {
		group.Go(func() error {
			p := toFloats(m).profile()
			parts[i] = &p
			return nil
		})
	}
	_ = group.Wait() // no work returns an error
	return MeanProfile(parts)
}

// MeanProfile returns the mean of profiles, which weigh the same.
func MeanProfile(all []*Profile) *Profile {
	p := &Profile{
		Levels: make([]float64, profileBands), Gradients: make([]float64, profileBands),
		Spectrum: make([]float64, profileBands),
	}
	for _, part := range all {
		p.add(*part, 1/float64(len(all)))
	}
	return p
}

// add adds a share of other's numbers.
func (p *Profile) add(other Profile, share float64) {
	for band := range profileBands {
		p.Levels[band] += other.Levels[band] * share
		p.Gradients[band] += other.Gradients[band] * share
		p.Spectrum[band] += other.Spectrum[band] * share
	}
	p.LevelMean += other.LevelMean * share
	p.LevelDeviation += other.LevelDeviation * share
	p.GradientMean += other.GradientMean * share
	p.FineShare += other.FineShare * share
}

// background is how far below the highest level a refiner's missing depths may lie.
const background = 0.01

func (f floats) profile() Profile {
	missing := func(i int) bool { return f.bits == 16 && f.v[i] >= 1-background }
	p := Profile{Spectrum: make([]float64, profileBands)}
	var levels, gradients []float64
	for c := range f.c {
		for band, v := range f.spectrum(c, profileBands) {
			p.Spectrum[band] += v / float64(f.c)
		}
		p.FineShare += f.fine(c) / float64(f.c)
	}
	for i, v := range f.v {
		if missing(i) {
			continue
		}
		levels = append(levels, v)
		if right := i + 1; right%f.w != 0 && !missing(right) {
			gradients = append(gradients, math.Abs(f.v[right]-v)/MostGradient)
		}
		if down := i + f.w; down%(f.h*f.w) >= f.w && down < len(f.v) && !missing(down) {
			gradients = append(gradients, math.Abs(f.v[down]-v)/MostGradient)
		}
	}
	p.Levels, p.Gradients = shares(levels), shares(gradients)
	p.LevelMean, p.LevelDeviation = moments(levels)
	p.GradientMean, _ = moments(gradients)
	p.GradientMean *= MostGradient
	return p
}

// fine returns the share of channel c's power, its mean aside, at more than half of the Nyquist frequency.
func (f floats) fine(c int) float64 {
	const bands = 2
	power, _ := f.power(c, bands)
	return power[1] / max(power[0]+power[1], math.SmallestNonzeroFloat64)
}

// moments returns the mean and the deviation of the values, zeros without any.
func moments(values []float64) (mean, deviation float64) {
	square := 0.0
	for _, v := range values {
		mean += v / float64(len(values))
		square += v * v / float64(len(values))
	}
	return mean, math.Sqrt(max(square-mean*mean, 0))
}

// shares returns which share of the values, 0 to 1 or above, is in each band.
func shares(values []float64) []float64 {
	out := make([]float64, profileBands)
	for _, v := range values {
		out[min(int(v*profileBands), profileBands-1)] += 1 / float64(len(values))
	}
	return out
}
