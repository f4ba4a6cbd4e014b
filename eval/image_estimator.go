package eval

import (
	"context"
	"fmt"
	"math/rand/v2"

	"simgan/cgo"
	"simgan/models"
)

// learner says what the small network for any labels learns.
type learner struct {
	what    string // for errors
	outputs int
	// loss returns the loss of the network's outputs (n, outputs) for the images of d at index.
	loss func(s *cgo.Scope, outputs cgo.Tensor, d set, index []int, device cgo.Device) cgo.Tensor
	// agree returns how far the student's outputs are from the teacher's, both (n, outputs), in the unit of loss.
	agree func(s *cgo.Scope, student, teacher cgo.Tensor, n int, device cgo.Device) cgo.Tensor
	// error returns the mean error of outputs for all images of d, as the pace of training needs it.
	error func(outputs []float32, d set) float64
}

// lesson returns how a network learns from images like those of d on the device.
func (l learner) lesson(d set, device cgo.Device) lesson[*models.ImageEstimator] {
	return lesson[*models.ImageEstimator]{
		what:  l.what,
		build: func() (*models.ImageEstimator, error) { return models.NewImageEstimator(d.C, d.H, d.W, l.outputs) },
		loss: func(s *cgo.Scope, e *models.ImageEstimator, d set, index []int, _ *rand.Rand) cgo.Tensor {
			return l.loss(s, e.Forward(s, d.images(s, index, device)), d, index, device)
		},
		agree: func(s *cgo.Scope, t, e *models.ImageEstimator, d set, index []int, random *rand.Rand) cgo.Tensor {
			truth := estimated(s, func() cgo.Tensor { return t.Forward(s, d.images(s, index, device)) })
			x := d.disturbed(s, d.pixels(index), true, random, device)
			return l.agree(s, e.Forward(s, x), truth, len(index), device)
		},
		error: func(e *models.ImageEstimator, held set) (float64, error) {
			outputs, err := outputsOf(e, held, device)
			return l.error(outputs, held), err
		},
	}
}

// learn trains a network on d and returns its outputs for all test images, N*outputs values.
func (l learner) learn(ctx context.Context, d, test set, c EstimatorConfig, seed uint64) ([]float32, error) {
	e, err := train(ctx, d, c, seed, l.lesson(d, c.Device))
	if err != nil {
		return nil, err
	}
	defer e.Close()
	outputs, err := outputsOf(e, test, c.Device)
	if err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	return outputs, nil
}

// outputsOf returns the network's outputs for all images of d.
func outputsOf(e *models.ImageEstimator, d set, device cgo.Device) (all []float32, err error) {
	err = estimate(d,
		func(s *cgo.Scope, index []int) cgo.Tensor { return e.Forward(s, d.images(s, index, device)) },
		func(_ []int, values []float32) { all = append(all, values...) })
	return all, err
}
