package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"simgan/data"
	"simgan/data/adapt"
	"simgan/data/picture"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/trainer"
)

// kind is one kind of training images: a row of the result. It has one set of images, or one per refiner.
type kind struct {
	name string
	sets []source
}

// source makes a set of images when it is needed, so that not all are in memory at once.
type source struct {
	name string
	make func(ctx context.Context) (set, error)
}

// sources are what the sets of all kinds are made of.
type sources struct {
	refiners  []refiner
	synthetic set
	test      set
	real      set             // empty if the real images have no labels
	examples  []picture.Image // real images, with labels or without, at most mostExamples; none without a SPEC
	adapted   *Adapted        // nil without examples
	options   Options
}

// refiner is a run's refiner.
type refiner struct {
	*models.Refiner
	seed uint64 // of the run
}

// mostExamples bounds the real images that adaptations are fitted to.
const mostExamples = 1000

func (s *sources) close() {
	for _, r := range s.refiners {
		r.Close()
	}
}

func (s *sources) ganSeeds() (seeds []uint64) {
	for _, r := range s.refiners {
		seeds = append(seeds, r.seed)
	}
	return seeds
}

// prepare loads the refiners, the images that all kinds are made of, and the test images, and fits the control.
func prepare(ctx context.Context, o *Options, t task) (s *sources, err error) {
	s = &sources{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.loadRefiners(o); err != nil {
		return s, err
	}
	if s.synthetic, err = t.open(ctx, o.Synthetic, "synthetic"); err != nil {
		return s, err
	}
	if r := s.refiners[0]; s.synthetic.C != r.Channels {
		return s, exit.Usagef("synthetic: %s has %d channel(s), the refiner was trained on %d",
			o.Synthetic, s.synthetic.C, r.Channels)
	}
	if s.test, err = t.open(ctx, o.Test, "test"); err != nil {
		return s, err
	}
	if err := s.openReal(ctx, o.Real, t); err != nil {
		return s, err
	}
	if err := errors.Join(s.test.like(s.synthetic, "test", o.Test), s.real.like(s.synthetic, "real", o.Real)); err != nil {
		return s, err
	}
	warnOfShared(o.Out, o.Test, o.Synthetic)
	if s.real.Batch != nil {
		warnOfShared(o.Out, o.Test, o.Real)
	}
	s.options = *o
	if o.Only == "" || o.Only == rowControl || o.Only == rowRefinedControl {
		err = s.fitControl(ctx)
	}
	return s, err
}

// loadRefiners loads each run's refiner, and completes the options by the first run's SPECs.
func (s *sources) loadRefiners(o *Options) error {
	given := o.Synthetic != ""
	for i, run := range o.Runs {
		r, c, err := trainer.LoadRefiner(run, o.Estimator.Device)
		if err != nil {
			return err
		}
		s.refiners = append(s.refiners, refiner{r, c.Seed})
		if i > 0 && r.Channels != s.refiners[0].Channels {
			return exit.Usagef("--run %s was trained on images of %d channel(s), %s of %d", run, r.Channels, o.Runs[0],
				s.refiners[0].Channels)
		}
		if spec := c.Data.Synthetic; i > 0 && !given && o.Synthetic != spec {
			return exit.Usagef("--run %s was trained on %s, not on %s; give runs that differ in their seed only, "+
				"or say with --synthetic what to refine", run, spec, o.Synthetic)
		}
		if i > 0 && slices.Contains(s.ganSeeds()[:i], c.Seed) {
			return exit.Usagef("--run %s has seed %d, as a run before it; give runs of different seeds", run, c.Seed)
		}
		if i == 0 {
			o.Synthetic = cmp.Or(o.Synthetic, c.Data.Synthetic)
			o.Real = cmp.Or(o.Real, c.Data.Real)
			o.Test = cmp.Or(o.Test, c.Data.Test)
		}
	}
	return nil
}

// openReal reads the real images: all of them if they have labels, and examples.
func (s *sources) openReal(ctx context.Context, spec string, t task) error {
	if spec == "" {
		return nil
	}
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return fmt.Errorf("real: %w", err)
	}
	defer ds.Close()
	if ds.Info().LabelNames != nil {
		if s.real, err = t.load(ctx, ds, "real"); err != nil {
			return err
		}
	}
	info := ds.Info()
	if info.C != s.synthetic.C || info.H != s.synthetic.H || info.W != s.synthetic.W || info.Bits != s.synthetic.Bits {
		return nil // like refuses what estimators cannot take; other images are no examples
	}
	n := min(ds.Len(), mostExamples)
	for i := range n {
		sample, err := ds.Sample(i * ds.Len() / n)
		if err != nil {
			return fmt.Errorf("real: %w", err)
		}
		s.examples = append(s.examples, sample.Image)
	}
	return nil
}

// fitControl finds the adaptation that brings synthetic images nearest to the real ones.
func (s *sources) fitControl(ctx context.Context) error {
	if s.examples == nil {
		return nil
	}
	s.options.report("fitting the control", "fits", 0, 1)
	a, before, after, err := adapt.Fit(ctx, s.synthetic.pictures(mostExamples), s.examples)
	if err != nil {
		return err
	}
	s.options.report("fitting the control", "fits", 1, 1)
	s.adapted = &Adapted{a, after, before}
	return nil
}

// kinds returns the rows that the options ask for and the images allow.
func (s *sources) kinds(o Options) (kinds []kind) {
	fixed := func(name string, make func(ctx context.Context) (set, error)) kind {
		return kind{name, []source{{name, make}}}
	}
	perRefiner := func(name string, make func(ctx context.Context, r refiner) (set, error)) kind {
		k := kind{name: name}
		for _, r := range s.refiners {
			full := name
			if len(s.refiners) > 1 {
				full = fmt.Sprintf("%s-gan-%d", name, r.seed)
			}
			k.sets = append(k.sets, source{full, func(ctx context.Context) (set, error) { return make(ctx, r) }})
		}
		return k
	}
	asIs := func(d set) func(context.Context) (set, error) {
		return func(context.Context) (set, error) { return d, nil }
	}
	made := map[uint64]set{} // by the refiner's seed: two rows need them
	refine := func(ctx context.Context, r refiner) (d set, err error) {
		if d = made[r.seed]; d.Batch == nil {
			d, err = refineAll(ctx, r, s.synthetic, s.options)
			made[r.seed] = d
		}
		return d, err
	}
	all := []kind{fixed(rowSynthetic, asIs(s.synthetic))}
	if s.adapted != nil {
		all = append(all, fixed(rowControl, func(context.Context) (set, error) {
			return s.adapt(s.synthetic, 2*o.Variants), nil
		}))
	}
	all = append(all, perRefiner(rowRefined, refine))
	if s.adapted != nil {
		all = append(all, perRefiner(rowRefinedControl, func(ctx context.Context, r refiner) (set, error) {
			d, err := refine(ctx, r)
			if err != nil {
				return d, err
			}
			return s.adapt(d, max(1, 2*o.Variants/d.variants())), nil
		}))
	}
	if s.real.Batch != nil {
		all = append(all, fixed(rowReal, asIs(s.real)))
	}
	return slices.DeleteFunc(all, func(k kind) bool { return o.Only != "" && o.Only != k.name })
}

// why says why a row is missing.
func (s *sources) why(row string) string {
	if row == rowReal {
		return s.options.Real + " has no labels"
	}
	return "there are no real images of the synthetic ones' size to adapt to: give --real SPEC"
}

// adapt returns adapted versions of every image of d, rounded to levels.
func (s *sources) adapt(d set, versions int) set {
	out := d.repeated(versions)
	for v := range versions {
		for i := range d.N {
			random := rand.New(rand.NewPCG(uint64(i), uint64(v+1)))
			example := s.examples[random.IntN(len(s.examples))]
			out.PutLevels(v*d.N+i, s.adapted.Apply(d.ImageOf(i), example, random))
		}
	}
	return out
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
