package eval

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"simgan/data"
	"simgan/data/adapt"
	"simgan/data/picture"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/trainer"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// sources are what the sets of all kinds are made of.
type sources struct {
	refiners    []refiner
	checkpoints []string // of the refiners, names of folders
	synthetic   set
	test        set
	real        set             // empty if the real images have no labels
	examples    []picture.Image // real images, with labels or without, at most mostExamples; none without a SPEC
	unlabelled  set             // the real images without their labels, for self-training, if asked for
	adapted     *Adapted        // nil without examples
	refined     map[uint64]set  // made so far, by the refiner's seed: two rows need them
	options     Options
}

// refiner is a run's refiner.
type refiner struct {
	*models.Refiner
	seed uint64 // of the run
}

// mostExamples and mostExamplePixels bound the images that adaptations are fitted to.
const mostExamples, mostExamplePixels = 1000, 50_000_000

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
	s = &sources{refined: map[uint64]set{}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.loadRefiners(o); err != nil {
		return s, err
	}
	s.options = *o
	if s.synthetic, err = t.open(ctx, *o, o.Synthetic, "synthetic"); err != nil {
		return s, err
	}
	s.synthetic = s.synthetic.atMost(o.mostScenes())
	if err := o.fillsBatch(s.synthetic, "synthetic", o.Synthetic); t.fill && err != nil {
		return s, err
	}
	if r := s.refiners[0]; s.synthetic.C != r.Channels {
		return s, exit.Usagef("synthetic: %s has %d channel(s), the refiner was trained on %d",
			o.Synthetic, s.synthetic.C, r.Channels)
	}
	if s.test, err = t.open(ctx, *o, o.Test, "test"); err != nil {
		return s, err
	}
	if err := s.synthetic.sameSize(data.Info{C: s.test.C, H: s.test.H, W: s.test.W}, "test", o.Test); err != nil {
		return s, err
	}
	if err := s.openReal(ctx, o.Real, t); err != nil {
		return s, err
	}
	warnOfShared(o.Out, o.Test, o.Synthetic)
	if s.real.Batch != nil {
		warnOfShared(o.Out, o.Test, o.Real)
	}
	return s, s.fitControl(ctx, mostExamples)
}

// loadRefiners loads each run's refiner, and completes the options by the first run's SPECs.
func (s *sources) loadRefiners(o *Options) error {
	var first config.Config
	for i, run := range o.Runs {
		l, err := trainer.LoadCheckpoint(run, o.Checkpoint, o.Estimator.Device)
		if err != nil {
			return err
		}
		c := l.Config
		s.refiners = append(s.refiners, refiner{l.Refiner, c.Seed})
		s.checkpoints = append(s.checkpoints, l.Checkpoint)
		if len(o.Runs) > 1 {
			if err := finished(run, "or leave it out"); err != nil {
				return err
			}
		}
		if i > 0 && slices.Contains(s.ganSeeds()[:i], c.Seed) {
			return exit.Usagef("--run %s has seed %d, as a run before it; give runs of different seeds", run, c.Seed)
		}
		if err := alike(o.Runs[0], run, first, c); i > 0 && err != nil {
			return err
		}
		if i > 0 && c.Train.Precision != first.Train.Precision {
			fmt.Fprintf(o.Out, "warning: %s was trained in %s, %s in %s\n", run, c.Train.Precision, o.Runs[0],
				first.Train.Precision)
		}
		if i == 0 {
			first = c
			o.skipBad = c.Data.SkipBad
			o.Synthetic = cmp.Or(o.Synthetic, c.Data.Synthetic)
			o.Real = cmp.Or(o.Real, c.Data.Real)
			o.Test = cmp.Or(o.Test, c.Data.Test)
		}
	}
	return nil
}

// finished refuses a run that is not finished; otherwise says what else to do.
func finished(run, otherwise string) error {
	done, err := rundir.IsDone(run)
	if err == nil && !done {
		err = exit.Usagef("--run %s is not finished: continue it with train --run %[1]s --resume, %s", run, otherwise)
	}
	return err
}

// alike refuses a run that differs from the first in more than its seed and where it was trained: the rows of refined
// images are over seeds.
func alike(firstRun, run string, first, c config.Config) error {
	c.Seed, c.Device, c.Threads, c.Log, c.Eval = first.Seed, first.Device, first.Threads, first.Log, first.Eval
	c.Data.Workers, c.Data.Resident = first.Data.Workers, first.Data.Resident
	c.Train.Kernels, c.Train.Precision = first.Train.Kernels, first.Train.Precision // auto becomes the processor's own
	c.Train.Capture, c.Train.Timeout = first.Train.Capture, first.Train.Timeout
	changes, err := config.Changes(first, c)
	if err != nil || len(changes) == 0 {
		return err
	}
	return exit.Usagef("--run %s differs from %s in more than its seed (%v); evaluate it by itself",
		run, firstRun, changes[0])
}

// openReal reads the real images that the rows need: all of them for the row real, if they have labels, and examples
// for the control.
func (s *sources) openReal(ctx context.Context, spec string, t task) error {
	if spec == "" || !s.wants(rowReal) && !s.wantsControl() {
		return nil
	}
	ds, err := s.options.open(ctx, spec)
	if err != nil {
		return fmt.Errorf("real: %w", err)
	}
	defer ds.Close()
	info := ds.Info()
	if info.Labelled() && s.wants(rowReal) {
		if err := s.synthetic.sameSize(info, "real", spec); err != nil {
			return err
		}
		if s.real, err = t.load(ctx, ds, "real"); err != nil {
			return err
		}
		s.real = s.real.atMost(s.options.mostScenes())
		if err := s.options.fillsBatch(s.real, "real", spec); t.fill && err != nil {
			return err
		}
	}
	if !s.wantsControl() {
		return nil
	}
	if err := s.synthetic.sameSize(info, "real", spec); err != nil || info.Bits != s.synthetic.Bits {
		fmt.Fprintf(s.options.Out, "warning: no control is fitted: images of %s have another size or depth than those of "+
			"%s\n", spec, s.options.Synthetic)
		return nil
	}
	if s.options.SelfTraining {
		b, err := data.LoadLevels(ctx, ds)
		if err != nil {
			return fmt.Errorf("real: %w", err)
		}
		s.unlabelled = set{b, b.N}.atMost(s.options.mostScenes())
	}
	n := min(ds.Len(), mostExamples, max(16, mostExamplePixels/(info.C*info.H*info.W)))
	if s.real.Batch != nil {
		s.examples = s.real.pictures(n)
		return nil
	}
	return s.readExamples(ctx, ds, n)
}

// readExamples reads n real images spread over the data set. An image that cannot be read is left out.
func (s *sources) readExamples(ctx context.Context, ds data.Dataset, n int) error {
	b, err := data.LoadReadable(ctx, ds, spread(ds.Len(), n))
	if err != nil {
		return fmt.Errorf("real: %w", err)
	}
	s.examples = set{b, b.N}.pictures(n)
	return nil
}

// wants reports whether a row is asked for.
func (s *sources) wants(row string) bool { return s.options.Only == "" || s.options.Only == row }

func (s *sources) wantsControl() bool {
	return s.wants(rowControl) || s.wants(rowRefinedControl) || s.wants(rowControlSelf) || s.wants(rowRefinedSelf)
}

// fitControl finds, on at most n images, the adaptation that brings synthetic images nearest to the real ones.
func (s *sources) fitControl(ctx context.Context, n int) error {
	if s.examples == nil {
		return nil
	}
	tried := func(done, of int) { s.options.report("fitting the control", "adaptations", done, of) }
	a, before, after, err := adapt.Fit(ctx, s.synthetic.pictures(n), s.examples, tried)
	if err != nil {
		return err
	}
	s.adapted = &Adapted{a, after, before}
	return nil
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
