// Package adapt makes rendered images more like unlabelled real ones without training anything: grey levels, Fourier
// amplitudes, blur, noise, contrast, light and JPEG. It is the control that a trained refiner has to beat. The package
// knows neither torch nor labels: every operation leaves each thing in the image where it is.
package adapt

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"simgan/data/picture"
)

// Tone says how grey levels are adapted.
type Tone string

const (
	Keep     Tone = "keep"     // levels stay
	Equalize Tone = "equalize" // spread evenly in each image, as MPIIGaze's are
	Match    Tone = "match"    // each image gets the histogram of a real one, drawn at random
)

// Adaptation is a training-free way to make rendered images like real ones. Each strength is the most that an image
// gets: every image draws its own strength, uniform from 0 (Fourier, Blur, Noise, Holes) or symmetric about 0
// (Contrast, Gamma, Light). The zero value, with Tone Keep, changes nothing.
type Adaptation struct {
	Tone     Tone    `json:"tone"`
	Fourier  float64 `json:"fourier"`  // amplitudes up to this share of the Nyquist frequency are a real image's [FDA]
	Contrast float64 `json:"contrast"` // logarithm of the gain about the image's mean
	Gamma    float64 `json:"gamma"`    // logarithm of the exponent of levels in 0..1
	Light    float64 `json:"light"`    // gain of a linear gradient across the image, in any direction
	Blur     float64 `json:"blur"`     // standard deviation of a Gaussian, pixels
	Noise    float64 `json:"noise"`    // standard deviation of white noise, 1 being the full range of levels
	Holes    float64 `json:"holes"`    // share of the image that patches of the highest level cover
	JPEG     int     `json:"jpeg"`     // least quality, the most being 100; 0: no compression
}

// String names what the adaptation does, strengths first to last.
func (a Adaptation) String() string {
	var parts []string
	if a.Fourier > 0 {
		parts = append(parts, fmt.Sprintf("Fourier amplitudes up to %g", a.Fourier))
	}
	for _, s := range []struct {
		name     string
		strength float64
	}{{"contrast", a.Contrast}, {"gamma", a.Gamma}, {"light", a.Light}, {"blur", a.Blur}, {"noise", a.Noise},
		{"holes", a.Holes}} {
		if s.strength > 0 {
			parts = append(parts, fmt.Sprintf("%s %g", s.name, s.strength))
		}
	}
	if a.JPEG > 0 {
		parts = append(parts, fmt.Sprintf("JPEG %d", a.JPEG))
	}
	if a.Tone != Keep {
		parts = append(parts, string(a.Tone))
	}
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// Apply returns m adapted. example is any real image of m's size, whose histogram or amplitudes m may get; random draws
// the strengths, then the noise and the holes.
func (a Adaptation) Apply(m, example picture.Image, random *rand.Rand) picture.Image {
	either := func(most float64) float64 { return most * (2*random.Float64() - 1) }
	contrast, gamma, light, direction := either(a.Contrast), either(a.Gamma), either(a.Light), random.Float64()
	blur, noise, holes, quality := random.Float64(), random.Float64(), random.Float64(), random.Float64()
	fourier := random.Float64()
	f := toFloats(m)
	if a.Fourier > 0 {
		f.amplitudes(toFloats(example), a.Fourier*fourier)
	}
	f.stretch(math.Exp(contrast), math.Exp(gamma))
	f.shade(light, direction*2*math.Pi)
	f.blur(a.Blur * blur)
	f.noise(a.Noise*noise, random)
	f.holes(a.Holes*holes, random)
	out := f.image()
	if a.JPEG > 0 {
		out = out.Recompress(a.JPEG + int(quality*float64(101-a.JPEG)))
	}
	switch a.Tone {
	case Equalize:
		return out.Equalize()
	case Match:
		return match(out, example)
	}
	return out
}
