package trainer

import (
	"fmt"
	"hash/fnv"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/models/architecture"
)

// Refine returns the images of x refined in float32. The noise of image k follows from seed, names[k] and variant
// alone: images that share a name share their noise, and an image is refined alike whatever is refined beside it.
func Refine(r *models.Refiner, x *data.Pixels, seed uint64, names []string, variant int) (*data.Pixels, error) {
	seeds := make([]uint64, x.N)
	for k := range seeds {
		seeds[k] = noiseSeed(seed, variant, names[k])
	}
	var refined []float32
	err := cgo.Within(func(s *cgo.Scope) error {
		return cgo.NoGrad(func() error {
			device, err := r.Device()
			if err != nil {
				return err
			}
			images := s.From(x.Values, device, int64(x.N), int64(x.C), int64(x.H), int64(x.W))
			out := r.Forward(s, images, drawNoise(s, r, seeds, int64(x.H), int64(x.W), device), false)
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

// noiseSeed returns the seed of an image's noise.
func noiseSeed(seed uint64, variant int, name string) uint64 {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%d %d %s", seed, variant, name)
	return hash.Sum64()
}

// drawNoise returns noise for images of h x w on the device, drawn from a seed each; no tensor if R takes none. It is
// drawn on the CPU: every device gets the same, and a GPU is spared thousands of small kernels.
func drawNoise(s *cgo.Scope, r *models.Refiner, seeds []uint64, h, w int64, device cgo.Device) cgo.Tensor {
	if r.Config.Noise.Kind == architecture.NoNoise {
		return cgo.Tensor{}
	}
	drawn := make([]cgo.Tensor, len(seeds))
	for k, seed := range seeds {
		if k > 0 && seed == seeds[k-1] {
			drawn[k] = drawn[k-1]
			continue
		}
		g, err := cgo.NewGenerator(cgo.CPU, seed)
		if err != nil {
			s.Fail(err)
			return cgo.Tensor{}
		}
		drawn[k] = models.DrawNoise(s, r.Config.Noise, g, 1, h, w)
		g.Close()
	}
	return s.To(s.Cat(0, drawn...), device, cgo.Float32)
}
