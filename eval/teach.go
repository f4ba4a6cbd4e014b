package eval

import (
	"context"
	"fmt"
	"math/rand/v2"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/trainer"
	"simgan/trainer/config"
)

// How the network that sees labels learns: as the estimators of Regression, but for fewer steps, no more than the run
// has itself, and from an adaptation that is fitted to fewer images.
const (
	teachSteps, teachBatch = 600, 32
	teachRate              = 1e-3
	teachExamples          = 64
)

// Teach trains the network of l_label for a run with the config c: e learns all labels of the synthetic images, in
// standard deviations, from versions adapted to the real images as the control's are. No label of real images is used.
// progress is called as stages go on.
func Teach(
	ctx context.Context, c config.Config, e *models.ImageEstimator, progress func(what, unit string, done, total int),
) error {
	device, err := cgo.ParseDevice(c.Device)
	if err != nil {
		return err
	}
	s := sources{options: Options{
		Synthetic: c.Data.Synthetic, Real: c.Data.Real, Progress: progress,
		Estimator: EstimatorConfig{
			Steps: max(1, min(teachSteps, c.Train.Steps)), Batch: teachBatch, LR: teachRate, Device: device, BFloat: trainer.FastInBFloat16(device),
		},
	}}
	if s.synthetic, err = someOf(ctx, c.Data.Synthetic, "data.synthetic", s.options.mostScenes()); err != nil {
		return err
	}
	reals, err := someOf(ctx, c.Data.Real, "data.real", mostExamples)
	if err != nil {
		return err
	}
	s.examples = reals.pictures(teachExamples)
	if err := s.fitControl(ctx, teachExamples); err != nil {
		return err
	}
	s.examples = reals.pictures(reals.N)
	d, err := s.adapt(ctx, s.synthetic, max(1, s.options.mostScenes()/s.synthetic.N))
	if err != nil {
		return err
	}
	k := len(d.Labels) / d.N
	v := &values{columns: make([]string, k)}
	v.mean, v.deviation = spreadOf(s.synthetic.Batch, k)
	for i, x := range v.deviation {
		if x == 0 {
			v.deviation[i] = 1 // the same in all images: nothing to learn, and no error to divide
		}
	}
	l := v.learner()
	config := s.options.Estimator
	config.stepDone = func(step int, _ bool) { s.options.report("learning labels", "steps", step, config.Steps) }
	err = lesson[*models.ImageEstimator]{
		what: "label",
		loss: func(sc *cgo.Scope, e *models.ImageEstimator, d set, index []int, _ *rand.Rand) cgo.Tensor {
			return l.loss(sc, e.Forward(sc, d.images(sc, index, device)), d, index, device)
		},
		error: func(e *models.ImageEstimator, held set) (float64, error) {
			outputs, err := outputsOf(e, held, device)
			return l.error(outputs, held), err
		},
	}.learn(ctx, e, d, config, c.Seed)
	if err != nil {
		return fmt.Errorf("train.agreement: %w", err)
	}
	return nil
}

// someOf reads images spread over a data set, at most n. Those that cannot be read are left out: the run's own loader
// judges them.
func someOf(ctx context.Context, spec, key string, n int) (set, error) {
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	defer ds.Close()
	b, err := data.LoadReadable(ctx, ds, data.Scattered(ds.Len(), n))
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	return set{b, b.N}, nil
}
