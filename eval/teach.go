package eval

import (
	"context"
	"fmt"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/trainer/config"
)

// How the network that sees labels learns: as the estimators of Regression, but for fewer steps, no more than the run
// has itself, and from an adaptation that is fitted to fewer images.
const (
	teachSteps, teachBatch = 600, 32
	teachRate              = 1e-3
	teachExamples          = 64 // and fewestExamples in short runs
	fewestExamples         = 8
	teachPixels            = 200_000_000 // most pixels of the images that it learns from
)

// Teach trains the network of l_label for a run with the config c: e learns all labels of the synthetic images, numbers
// and classes, in standard deviations, from versions adapted to the real images as the control's are. No label of real
// images is used. It returns how far off e is on scenes that are held out. progress is called as stages go on, if it is
// not nil.
func Teach(
	ctx context.Context, c config.Config, e *models.ImageEstimator, progress func(what, unit string, done, total int),
) (off float64, err error) {
	s, reals, info, err := openLesson(ctx, c)
	if err != nil {
		return 0, err
	}
	s.options.Progress = progress
	v := newLessonLabels(s.synthetic.Batch, info)
	d, estimator := s.synthetic, s.options.Estimator
	if reals.Bits == d.Bits { // else no adaptation compares them
		examples := min(teachExamples, max(fewestExamples, c.Train.Steps/4)) // a trial of few steps begins at once
		s.examples = reals.pictures(examples)
		if err := s.fitControl(ctx, examples); err != nil {
			return 0, err
		}
		s.examples = reals.pictures(reals.N)
		versions := min(s.options.mostScenes()/d.N, teachPixels/(d.N*d.C*d.H*d.W))
		if d, err = s.adapt(ctx, d, max(1, versions)); err != nil {
			return 0, err
		}
	}
	learned := v.learner().lesson(d, estimator.Device)
	estimator.stepDone = func(step int, _ bool) { s.options.report("learning labels", "steps", step, estimator.Steps) }
	if err := learned.learn(ctx, e, d, estimator, c.Seed); err != nil {
		return 0, fmt.Errorf("train.agreement: %w", err)
	}
	_, held := d.split(c.Seed, true)
	if held.Batch == nil {
		held = s.synthetic // too few to hold any out
	}
	off, err = learned.error(e, held)
	return off / float64(v.labels), err
}

// openLesson loads the images that Teach needs, and says how its network learns. info is that of the synthetic ones.
func openLesson(ctx context.Context, c config.Config) (s *sources, reals set, info data.Info, err error) {
	device, err := cgo.ParseDevice(c.Device)
	if err != nil {
		return nil, set{}, info, err
	}
	s = &sources{options: Options{
		Estimator: EstimatorConfig{
			Steps: max(1, min(teachSteps, c.Train.Steps)), Batch: teachBatch, LR: teachRate, Device: device,
			BFloat: c.Train.Precision == config.BFloat16,
		},
		// Of fewer images there would be more versions.
		smaller: "free some memory, or set train.agreement=0",
	}}
	s.synthetic, info, err = someOf(ctx, c.Data.Synthetic, "data.synthetic", s.options.mostScenes())
	if err == nil {
		reals, _, err = someOf(ctx, c.Data.Real, "data.real", mostExamples)
	}
	return s, reals, info, err
}

// someOf reads images spread over a data set, at most n of at most teachPixels in all. Those that cannot be read are
// left out: the run's own loader judges them.
func someOf(ctx context.Context, spec, key string, n int) (some set, i data.Info, err error) {
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return set{}, i, fmt.Errorf("%s: %w", key, err)
	}
	defer ds.Close()
	i = ds.Info()
	n = min(n, max(teachBatch, teachPixels/(i.C*i.H*i.W)))
	b, err := data.LoadReadable(ctx, ds, data.Scattered(ds.Len(), n))
	if err != nil {
		return set{}, i, fmt.Errorf("%s: %w", key, err)
	}
	return set{b, b.N}, i, nil
}
