package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"simgan/data"
	"simgan/internal/exit"
	"simgan/trainer"
)

// kind is one kind of training images.
type kind struct {
	name string
	set  set
}

// prepare loads the images of every kind (synthetic, refined and, if they have labels, real) and the test images.
func prepare(ctx context.Context, o *Options, t task) ([]kind, set, error) {
	refiner, config, err := trainer.LoadRefiner(o.Run, o.Estimator.Device)
	if err != nil {
		return nil, set{}, err
	}
	defer refiner.Close()
	o.Synthetic = cmp.Or(o.Synthetic, config.Data.Synthetic)
	o.Real = cmp.Or(o.Real, config.Data.Real)
	o.Test = cmp.Or(o.Test, config.Data.Test)
	synthetic, err := t.open(ctx, o.Synthetic, "synthetic")
	if err != nil {
		return nil, set{}, err
	}
	if synthetic.C != refiner.Channels {
		return nil, set{}, exit.Usagef("synthetic: %s has %d channel(s), the refiner was trained on %d",
			o.Synthetic, synthetic.C, refiner.Channels)
	}
	test, err := t.open(ctx, o.Test, "test")
	if err != nil {
		return nil, set{}, err
	}
	real, err := t.openReal(ctx, o.Real)
	if err != nil {
		return nil, set{}, err
	}
	if err := errors.Join(test.like(synthetic, "test", o.Test), real.like(synthetic, "real", o.Real)); err != nil {
		return nil, set{}, err
	}
	refined, err := refineAll(ctx, refiner, synthetic, config.Seed, *o)
	if err != nil {
		return nil, set{}, err
	}
	kinds := []kind{{"synthetic", synthetic}, {"refined", refined}}
	warnOfShared(o.Out, o.Test, o.Synthetic)
	if real.Batch != nil {
		warnOfShared(o.Out, o.Test, o.Real)
		kinds = append(kinds, kind{"real", real})
	}
	return kinds, test, nil
}

// warnOfShared warns if test images may be among those that estimators are trained on.
func warnOfShared(out io.Writer, test, train string) {
	a, errA := data.ParseSpec(test)
	b, errB := data.ParseSpec(train)
	if errA == nil && errB == nil && a.Overlaps(b) {
		fmt.Fprintf(out, "warning: estimators are trained on images of %s and tested on %s. Figures on images seen in "+
			"training are too good. Give --test other images; of MPIIGaze, other people (people=p10+p11)\n", train, test)
	}
}

// like refuses images that differ in size from the synthetic ones: one estimator takes both.
func (d set) like(synthetic set, key, spec string) error {
	if d.Batch == nil || d.C == synthetic.C && d.H == synthetic.H && d.W == synthetic.W {
		return nil
	}
	return exit.Usagef("%s: images of %s are %dx%dx%d (channels, height, width), the synthetic ones %dx%dx%d; "+
		"add size=HxW (or grey=true) to its SPEC", key, spec, d.C, d.H, d.W, synthetic.C, synthetic.H, synthetic.W)
}

func (t task) open(ctx context.Context, spec, key string) (set, error) {
	if spec == "" {
		return set{}, exit.Usagef("eval %s needs labelled images: give --%s SPEC, or set data.%s in the run's config",
			t.name, key, key)
	}
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	defer ds.Close()
	return t.load(ctx, ds, key)
}

// openReal reads the real images. Without labels it returns no set.
func (t task) openReal(ctx context.Context, spec string) (set, error) {
	if spec == "" {
		return set{}, nil
	}
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return set{}, fmt.Errorf("real: %w", err)
	}
	defer ds.Close()
	if ds.Info().LabelNames == nil {
		return set{}, nil
	}
	return t.load(ctx, ds, "real")
}

// load reads a whole data set of labelled images.
func (t task) load(ctx context.Context, ds data.Dataset, key string) (set, error) {
	info := ds.Info()
	if !t.fits(info.LabelNames) {
		return set{}, fmt.Errorf("%s: eval %s needs labels %v; the data set has %v", key, t.name, t.labels, info.LabelNames)
	}
	b, err := data.LoadLevels(ctx, ds)
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	return set{b}, nil
}
