package eval

import (
	"context"
	"fmt"
	"math/rand/v2"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// EstimatorConfig says how an estimator is trained.
type EstimatorConfig struct {
	Steps  int     // of the optimizer
	Batch  int     // images per mini-batch
	LR     float64 // Adam's learning rate, falling linearly to 0
	Width  int     // feature maps of the hand estimator
	Save   string  // file for the trained weights; "": none
	BFloat bool    // convolutions in bfloat16
	Device cgo.Device

	stepDone func() // called after each step, if any
}

// Adam's constants, as in Kingma & Ba 2015.
const beta1, beta2, epsilon = 0.9, 0.999, 1e-8

// set holds labelled images in memory as levels, which take a quarter or half of the memory of float32.
type set struct{ *data.Batch }

// network is an estimator.
type network interface {
	Params() []models.Param
	To(cgo.Device) error
	Close()
}

// lesson says how a network is built, and its loss on the images of an index.
type lesson[N network] struct {
	what  string // the network, for errors
	build func() (N, error)
	loss  func(s *cgo.Scope, n N, index []int, random *rand.Rand) cgo.Tensor
}

// train trains a network on the images; each variant of an image is an image. The caller closes the network.
func train[N network](ctx context.Context, images int, c EstimatorConfig, seed uint64, l lesson[N]) (n N, err error) {
	if err := cgo.Seed(seed); err != nil {
		return n, err
	}
	if n, err = l.build(); err != nil {
		return n, err
	}
	if err = n.To(c.Device); err == nil {
		err = l.learn(ctx, n, images, c, rand.New(rand.NewPCG(seed, 0)))
	}
	if err == nil && c.Save != "" {
		err = models.Save(c.Save, n.Params(), map[string]string{"format": "pt"})
	}
	if err != nil {
		n.Close()
	}
	return n, err
}

// learn makes the steps, over shuffled epochs one after the other.
func (l lesson[N]) learn(ctx context.Context, n N, images int, c EstimatorConfig, random *rand.Rand) error {
	adam, err := cgo.NewAdam(models.Tensors(n.Params()), beta1, beta2, epsilon)
	if err != nil {
		return err
	}
	defer adam.Close()
	var order []int
	for step := range c.Steps {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for len(order) < c.Batch {
			order = append(order, random.Perm(images)...)
		}
		index := order[:c.Batch]
		err := cgo.Gradients(c.BFloat, c.Device, func(s *cgo.Scope) cgo.Tensor { return l.loss(s, n, index, random) })
		if err == nil {
			err = adam.Step(c.LR * (1 - float64(step)/float64(c.Steps)))
		}
		if err != nil {
			return fmt.Errorf("%s estimator, step %d: %w", l.what, step, err)
		}
		order = order[c.Batch:]
		if c.stepDone != nil {
			c.stepDone()
		}
	}
	return nil
}

// testBatch is the number of images that an estimator is tested on at once.
const testBatch = 256

// estimate runs forward over all images of d in order, without gradients, and passes the estimates to got.
func estimate(
	d set, forward func(s *cgo.Scope, index []int) cgo.Tensor, got func(index []int, values []float32),
) error {
	for from := 0; from < d.N; from += testBatch {
		index := make([]int, min(testBatch, d.N-from))
		for k := range index {
			index[k] = from + k
		}
		err := cgo.Within(func(s *cgo.Scope) error {
			return cgo.NoGrad(func() error {
				estimated := forward(s, index)
				if s.Err() != nil {
					return s.Err()
				}
				values, err := cgo.Read(estimated)
				if err == nil {
					got(index, values)
				}
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// images copies the chosen images to the device: (n, C, H, W).
func (d set) images(s *cgo.Scope, index []int, device cgo.Device) cgo.Tensor {
	size := d.C * d.H * d.W
	pixels := make([]float32, len(index)*size)
	for k, i := range index {
		d.PixelsOf(i, pixels[k*size:(k+1)*size])
	}
	return s.From(pixels, device, int64(len(index)), int64(d.C), int64(d.H), int64(d.W))
}
