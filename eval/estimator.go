package eval

import (
	"context"
	"fmt"
	"math/rand/v2"

	"simgan/cgo"
	"simgan/models"
)

// EstimatorConfig says how an estimator is trained.
type EstimatorConfig struct {
	Steps  int     // most steps of the optimizer
	Batch  int     // images per mini-batch
	LR     float64 // Adam's learning rate; in the last third of the steps it falls linearly to 0
	Shift  float64 // standard deviation of random shifts of gaze images in training, as a share of the width
	Width  int     // feature maps of the hand estimator
	Save   string  // file for the trained weights; "": none
	BFloat bool    // convolutions in bfloat16
	Device cgo.Device

	unlabelled set                       // real images for self-training; none: there is none
	stepDone   func(step int, last bool) // called after each step, if any
	trained    func(steps int)           // called after the last step, if any
}

// Adam's constants, as in Kingma & Ba 2015.
const beta1, beta2, epsilon = 0.9, 0.999, 1e-8

// network is an estimator.
type network interface {
	Params() []models.Param
	To(cgo.Device) error
	Close()
}

// lesson says how a network is built, its loss on the images of an index, and its mean error on other images. agree
// returns how far the student's estimates for disturbed images are from the teacher's for the images themselves, in the
// unit of loss.
type lesson[N network] struct {
	what  string // the network, for errors
	build func() (N, error)
	loss  func(s *cgo.Scope, n N, d set, index []int, random *rand.Rand) cgo.Tensor
	agree func(s *cgo.Scope, teacher, student N, d set, index []int, random *rand.Rand) cgo.Tensor
	error func(n N, d set) (float64, error) // by which it stops early; nil: it makes all steps, on all images
}

// train trains a network on d. The caller closes the network.
func train[N network](ctx context.Context, d set, c EstimatorConfig, seed uint64, l lesson[N]) (n N, err error) {
	if err := cgo.Seed(seed); err != nil {
		return n, err
	}
	if n, err = l.place(c); err != nil {
		return n, err
	}
	err = l.learn(ctx, n, d, c, seed)
	if err == nil && c.Save != "" {
		err = models.Save(c.Save, n.Params(), map[string]string{"format": "pt"})
	}
	if err != nil {
		n.Close()
	}
	return n, err
}

// place builds a network on the device.
func (l lesson[N]) place(c EstimatorConfig) (n N, err error) {
	if n, err = l.build(); err != nil {
		return n, err
	}
	if k, ok := any(n).(interface{ UseCPUKernels(bfloat bool) }); ok && c.Device == cgo.CPU {
		k.UseCPUKernels(c.BFloat)
	}
	if err = n.To(c.Device); err != nil {
		n.Close()
	}
	return n, err
}

// learn makes steps over shuffled epochs, one after the other. If the lesson has an error, a tenth of the scenes is
// held out: the learning rate stays until the error on them no longer falls, then it decays.
func (l lesson[N]) learn(ctx context.Context, n N, d set, c EstimatorConfig, seed uint64) error {
	adam, err := cgo.NewAdam(models.Tensors(n.Params()), beta1, beta2, epsilon)
	if err != nil {
		return err
	}
	defer adam.Close()
	t, err := l.newTeacher(n, c, seed)
	if err != nil {
		return err
	}
	defer t.close()
	learned, held := d.split(seed, l.error != nil)
	random := rand.New(rand.NewPCG(seed, 0))
	p := newPace(c.Steps)
	var order []int
	for step := range c.Steps {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for len(order) < c.Batch {
			random.Shuffle(len(learned), func(i, j int) { learned[i], learned[j] = learned[j], learned[i] })
			order = append(order, learned...)
		}
		index := order[:c.Batch]
		err := cgo.Gradients(c.BFloat, c.Device, func(s *cgo.Scope) cgo.Tensor {
			return t.add(s, l.loss(s, n, d, index, random), step)
		})
		if err == nil {
			err = adam.Step(c.LR * p.rate(step))
		}
		if err == nil {
			err = t.follow(step)
		}
		if err == nil && held.Batch != nil && p.checks(step) {
			var mean float64
			mean, err = l.error(n, held)
			p.judge(step, mean)
		}
		if err != nil {
			return fmt.Errorf("%s estimator, step %d: %w", l.what, step, err)
		}
		order = order[c.Batch:]
		last := step == p.end-1
		if c.stepDone != nil {
			c.stepDone(step+1, last)
		}
		if last {
			break
		}
	}
	if c.trained != nil {
		c.trained(p.end)
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
	return d.tensor(s, d.pixels(index), device)
}

// pixels returns those of the chosen images: n*C*H*W values.
func (d set) pixels(index []int) []float32 {
	size := d.C * d.H * d.W
	pixels := make([]float32, len(index)*size)
	for k, i := range index {
		d.PixelsOf(i, pixels[k*size:(k+1)*size])
	}
	return pixels
}

// tensor copies the pixels of images of d's size to the device: (n, C, H, W).
func (d set) tensor(s *cgo.Scope, pixels []float32, device cgo.Device) cgo.Tensor {
	n := len(pixels) / (d.C * d.H * d.W)
	return s.From(pixels, device, int64(n), int64(d.C), int64(d.H), int64(d.W))
}
