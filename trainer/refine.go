package trainer

import (
	"fmt"
	"hash/fnv"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/models/architecture"
)

// Refine returns the images of x refined in float32. The noise of image k follows from seed, names[k] and variant alone:
// images that share a name share their noise, and an image is refined alike whatever is refined beside it.
func Refine(r *models.Refiner, x *data.Pixels, seed uint64, names []string, variant int) (*data.Pixels, error) {
	var refined []float32
	err := cgo.Within(func(s *cgo.Scope) error {
		return cgo.NoGrad(func() error {
			device, err := r.Device()
			if err != nil {
				return err
			}
			images := s.From(x.Values, device, int64(x.N), int64(x.C), int64(x.H), int64(x.W))
			noise := drawNoise(s, r, x, func(k int) string { return fmt.Sprintf("%d %d %s", seed, variant, names[k]) }, device)
			out := r.Forward(s, images, noise, false)
			if s.Err() != nil {
				return s.Err()
			}
			refined, err = cgo.Read(out)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return x.With(refined), nil
}

// drawNoise returns the noise of the images of x on the device, that of image k drawn from key(k); no tensor if R takes
// none. It is drawn on the CPU: every device gets the same, and a GPU is spared thousands of small kernels.
func drawNoise(
	s *cgo.Scope, r *models.Refiner, x *data.Pixels, key func(k int) string, device cgo.Device,
) cgo.Tensor {
	if r.Config.Noise.Kind == architecture.NoNoise {
		return cgo.Tensor{}
	}
	drawn := make([]cgo.Tensor, x.N)
	last := ""
	for k := range drawn {
		if key := key(k); k > 0 && key == last {
			drawn[k] = drawn[k-1]
		} else {
			drawn[k], last = noiseOf(s, r, x, key), key
		}
	}
	return s.To(s.Cat(0, drawn...), device, cgo.Float32)
}

// noiseOf draws the noise of one image from a key.
func noiseOf(s *cgo.Scope, r *models.Refiner, x *data.Pixels, key string) cgo.Tensor {
	hash := fnv.New64a()
	hash.Write([]byte(key))
	g, err := cgo.NewGenerator(cgo.CPU, hash.Sum64())
	if err != nil {
		s.Fail(err)
		return cgo.Tensor{}
	}
	defer g.Close()
	return models.DrawNoise(s, r.Config.Noise, g, 1, int64(x.H), int64(x.W))
}
