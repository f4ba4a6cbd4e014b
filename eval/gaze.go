// Package eval shows what refining gained: it trains the paper's gaze estimator on synthetic, on refined and on real
// images and tests each on held-out real ones.
package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// EstimatorConfig says how the gaze estimator is trained.
type EstimatorConfig struct {
	Steps  int     // updates
	Batch  int     // images of a mini-batch
	LR     float64 // Adam's learning rate, falling linearly to 0
	BFloat bool    // convolutions in bfloat16
	Device cgo.Device
}

// Adam's constants, as in Kingma & Ba 2015.
const beta1, beta2, epsilon = 0.9, 0.999, 1e-8

// set is labelled images in memory, a batch's pixels.
type set struct{ *data.Batch }

// load reads a whole data set of labelled images.
func load(ds data.Dataset, key string) (set, error) {
	info := ds.Info()
	if len(info.LabelNames) != 3 {
		return set{}, fmt.Errorf("%s: eval gaze needs gaze vectors (%v) as labels; the data set has %v", key, data.GazeLabels, info.LabelNames)
	}
	b, err := data.LoadRange(ds, 0, ds.Len())
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	return set{b}, nil
}

// pick copies the chosen images and labels to the device: (n, C, H, W) and (n, 3).
func (d set) pick(s *cgo.Scope, index []int, device cgo.Device) (x, g cgo.Tensor) {
	size := d.C * d.H * d.W
	pixels := make([]float32, 0, len(index)*size)
	labels := make([]float32, 0, len(index)*3)
	for _, i := range index {
		pixels = append(pixels, d.Pixels[i*size:(i+1)*size]...)
		labels = append(labels, d.Labels[i*3:(i+1)*3]...)
	}
	n := int64(len(index))
	return s.From(pixels, device, n, int64(d.C), int64(d.H), int64(d.W)), s.From(labels, device, n, 3)
}

// trainEstimator trains an estimator on d; several variants of an image are so many images. The caller closes it.
func trainEstimator(ctx context.Context, d set, c EstimatorConfig, seed uint64) (g *models.GazeEstimator, err error) {
	if err := cgo.Seed(seed); err != nil {
		return nil, err
	}
	if g, err = models.NewGazeEstimator(d.C, d.H, d.W, 3); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			g.Close()
		}
	}()
	if err = g.To(c.Device); err != nil {
		return g, err
	}
	adam, err := cgo.NewAdam(models.Tensors(g.Params()), beta1, beta2, epsilon)
	if err != nil {
		return g, err
	}
	defer adam.Close()
	random := rand.New(rand.NewPCG(seed, 0))
	var order []int
	for step := range c.Steps {
		if ctx.Err() != nil {
			return g, context.Cause(ctx)
		}
		for len(order) < c.Batch {
			order = append(order, random.Perm(d.N)...)
		}
		if err = update(g, adam, d, order[:c.Batch], c, 1-float64(step)/float64(c.Steps)); err != nil {
			return g, fmt.Errorf("gaze estimator, step %d: %w", step, err)
		}
		order = order[c.Batch:]
	}
	return g, nil
}

func update(g *models.GazeEstimator, adam *cgo.Adam, d set, index []int, c EstimatorConfig, decay float64) error {
	err := cgo.Within(func(s *cgo.Scope) error {
		var loss cgo.Tensor
		err := cgo.AutocastIf(c.BFloat, c.Device, func() error {
			x, truth := d.pick(s, index, c.Device)
			loss = models.LossGaze(s, g.Forward(s, x), truth, len(index))
			return s.Err()
		})
		if err != nil {
			return err
		}
		return s.Backward(loss)
	})
	if err != nil {
		return err
	}
	return adam.Step(c.LR * decay)
}

// angles are the errors of g on d's images, in degrees.
func angles(g *models.GazeEstimator, d set, c EstimatorConfig) ([]float64, error) {
	const batch = 256
	var all []float64
	for from := 0; from < d.N; from += batch {
		index := make([]int, min(batch, d.N-from))
		for k := range index {
			index[k] = from + k
		}
		err := cgo.Within(func(s *cgo.Scope) error {
			return cgo.NoGrad(func() error {
				x, _ := d.pick(s, index, c.Device)
				estimated := g.Forward(s, x)
				if s.Err() != nil {
					return nil // Within reports it
				}
				v, err := cgo.Read(estimated)
				for k, i := range index {
					if err == nil {
						all = append(all, angle(v[3*k:3*k+3], d.Labels[3*i:3*i+3]))
					}
				}
				return err
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// angle is the angle between two vectors of any length, in degrees.
func angle(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return math.Acos(min(max(dot/math.Sqrt(aa*bb), -1), 1)) * 180 / math.Pi
}
