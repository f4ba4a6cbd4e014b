package adapt

import (
	"math"
	"math/rand/v2"

	"simgan/data/picture"
)

// Degrade returns m after the adaptations of a control in random strengths, and the strengths in shares of the largest
// ones, in [-1, 1]: contrast, gamma, light across and down, blur, noise and JPEG compression of images of 8 bits; blur,
// noise and holes of depths. A network that estimates the strengths from the image has learned to see how images were
// lit, taken and compressed.
func Degrade(m picture.Image, random *rand.Rand) (picture.Image, []float32) {
	f := toFloats(m)
	blur, noise := random.Float64(), random.Float64()
	if m.Bits != 8 {
		holes := random.Float64()
		f.blur(mostBlur * blur)
		f.noise(mostNoise*noise, random)
		f.holes(mostHoles*holes, random)
		return f.image(), []float32{float32(blur), float32(noise), float32(holes)}
	}
	contrast, gamma := 2*random.Float64()-1, 2*random.Float64()-1
	light, direction := random.Float64(), 2*math.Pi*random.Float64()
	jpeg := random.Float64()
	f.stretch(math.Exp(mostTone*contrast), math.Exp(mostTone*gamma))
	f.shade(mostTone*light, direction)
	f.blur(mostBlur * blur)
	f.noise(mostNoise*noise, random)
	sin, cos := math.Sincos(direction)
	return f.image().Recompress(100 - int(mostJPEG*jpeg)), []float32{
		float32(contrast), float32(gamma), float32(light * cos), float32(light * sin), float32(blur), float32(noise),
		float32(jpeg),
	}
}

// The largest strengths of Degrade, in the units of Adaptation; about the largest that Fit tries.
const (
	mostTone  = 0.7
	mostBlur  = 2.5
	mostNoise = 0.09
	mostHoles = 0.25
	mostJPEG  = 85 // lost of a quality of 100
)
