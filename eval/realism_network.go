package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"simgan/cgo"
	"simgan/data/adapt"
	"simgan/models"
)

// degradedVersions is the number of degraded versions of each real image.
const degradedVersions = 4

// degraded returns versions of the images after adapt.Degrade, labelled with its strengths. wayOut says what to do if
// memory does not hold them.
func (d set) degraded(ctx context.Context, versions int, wayOut string) (set, error) {
	if err := d.checkFits(versions, wayOut); err != nil {
		return set{}, err
	}
	out := d.repeated(versions)
	strengths := make([][]float32, out.N)
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i := 0; i < out.N && ctx.Err() == nil; i++ {
		group.Go(func() error {
			m, by := adapt.Degrade(d.ImageOf(i%d.N), rand.New(rand.NewPCG(uint64(i), 3)))
			out.PutLevels(i, m)
			strengths[i] = by
			return nil
		})
	}
	_ = group.Wait() // no work returns an error
	for _, by := range strengths {
		out.Labels = append(out.Labels, by...)
	}
	return out, context.Cause(ctx)
}

// look is the lesson of an encoder that estimates the labels of d from its images, by least squares.
func look(d set, c EstimatorConfig, what string) lesson[*models.ImageEncoder] {
	outputs := d.outputs()
	return lesson[*models.ImageEncoder]{
		what:  what,
		build: func() (*models.ImageEncoder, error) { return models.NewImageEncoder(d.C, d.H, d.W, outputs) },
		loss: func(s *cgo.Scope, e *models.ImageEncoder, d set, index []int, _ *rand.Rand) cgo.Tensor {
			labels := make([]float32, 0, len(index)*outputs)
			for _, i := range index {
				labels = append(labels, d.Label(i)...)
			}
			truth := s.From(labels, c.Device, int64(len(index)), int64(outputs))
			return models.LossSquare(s, e.Forward(s, d.images(s, index, c.Device)), truth, len(index), outputs)
		},
	}
}

// learnDegradations trains an encoder to say by how much each image of d was degraded.
func learnDegradations(ctx context.Context, d set, c EstimatorConfig) (*models.ImageEncoder, error) {
	l := look(d, c, "features of real images")
	l.error = func(e *models.ImageEncoder, held set) (float64, error) { return squareError(e, held, c.Device) }
	return train(ctx, d, c, seedOne[0], l)
}

// outputs returns the number of labels of each image.
func (d set) outputs() int { return len(d.Labels) / d.N }

// squareError returns the mean squared error of the encoder's estimates of d's labels.
func squareError(e *models.ImageEncoder, d set, device cgo.Device) (mean float64, err error) {
	err = estimate(d,
		func(s *cgo.Scope, index []int) cgo.Tensor { return e.Forward(s, d.images(s, index, device)) },
		func(index []int, v []float32) {
			first := index[0] * d.outputs()
			for k, estimated := range v {
				off := float64(estimated - d.Labels[first+k])
				mean += off * off / float64(len(d.Labels))
			}
		})
	return mean, err
}

// explained returns the share of the variance of d's labels that the encoder explains.
func explained(e *models.ImageEncoder, d set, device cgo.Device) (float64, error) {
	left, err := squareError(e, d, device)
	variance := 0.0
	for k := range d.outputs() {
		sum, square := 0.0, 0.0
		for i := range d.N {
			v := float64(d.Label(i)[k])
			sum, square = sum+v/float64(d.N), square+v*v/float64(d.N)
		}
		variance += (square - sum*sum) / float64(d.outputs())
	}
	return 1 - left/variance, err
}

// encode returns the encoder's features of every image of d.
func encode(e *models.ImageEncoder, d set, device cgo.Device) (features [][]float64, err error) {
	err = estimate(d,
		func(s *cgo.Scope, index []int) cgo.Tensor { return e.Features(s, d.images(s, index, device)) },
		func(index []int, v []float32) { features = append(features, models.FeatureRows(v, len(index))...) })
	return features, err
}

// rootMeanSquare returns that of all features.
func rootMeanSquare(features [][]float64) float64 {
	sum, n := 0.0, 0.0
	for _, f := range features {
		for _, v := range f {
			sum, n = sum+v*v, n+1
		}
	}
	return max(math.Sqrt(sum/n), math.SmallestNonzeroFloat32)
}

// scaled multiplies the features by a factor, in place.
func scaled(features [][]float64, factor float64) [][]float64 {
	for _, f := range features {
		for k := range f {
			f[k] *= factor
		}
	}
	return features
}
