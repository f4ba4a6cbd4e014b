package adapt

import (
	"math"
	"testing"

	"simgan/data/picture"
)

// A cosine of amplitude a has power a^2/4 at its frequency and at the opposite one, and nothing elsewhere. Of 20 columns
// its 6 periods are 0.3 cycles per pixel, in the fourth of 5 bands.
func TestSpectrum(t *testing.T) {
	const h, w, a = 10, 20, 0.25
	f := floats{1, h, w, 8, make([]float64, h*w)}
	for i := range f.v {
		f.v[i] = 0.5 + a*math.Cos(2*math.Pi*6*float64(i%w)/w)
	}
	inBand := 0.0
	for i := 1; i < h*w; i++ {
		if r := math.Hypot(math.Min(float64(i%w), float64(w-i%w))/w, math.Min(float64(i/w), float64(h-i/w))/h); r >= 0.3 && r < 0.4 {
			inBand++
		}
	}
	got := f.spectrum(0, 5)
	if want := math.Log10(2 * a * a / 4 / inBand); math.Abs(got[3]-want) > 1e-9 {
		t.Errorf("band of the cosine: %v, want %v", got[3], want)
	}
	for _, band := range []int{0, 1, 2, 4} {
		if got[band] > -11.9 {
			t.Errorf("band %d: %v, want nothing", band, got[band])
		}
	}
}

// A 2x4 image: half of it black, half at 0.5, with one step of 0.5 in each row; of 10 differences 2 are above
// MostGradient. At 16 bits the highest levels are no depth, so neither they nor steps to them count.
func TestProfile(t *testing.T) {
	p := NewProfile([]picture.Image{ramp(1, 2, 4, 16, func(i int) uint16 { return []uint16{0, 0, 32768, 32768}[i%4] })})
	if p.Levels[0] != 0.5 || p.Levels[12] != 0.5 {
		t.Errorf("levels %v", p.Levels)
	}
	if math.Abs(p.Gradients[0]-0.8) > 1e-12 || math.Abs(p.Gradients[23]-0.2) > 1e-12 {
		t.Errorf("gradients %v", p.Gradients)
	}
	for _, far := range []uint16{65535, 64900} { // also as a refiner writes it
		p = NewProfile([]picture.Image{ramp(1, 2, 4, 16, func(i int) uint16 { return []uint16{0, 0, far, far}[i%4] })})
		if p.Levels[0] != 1 || p.Gradients[0] != 1 {
			t.Errorf("with missing depth of level %d: %v %v", far, p.Levels, p.Gradients)
		}
	}
}
