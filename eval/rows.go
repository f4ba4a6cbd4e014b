package eval

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// kind is one kind of training images: a row of the result. It has one set of images, or one per refiner.
type kind struct {
	name       string
	sets       []source
	unlabelled set // real images for self-training, if the row has it
}

// source loads or makes a set of images when it is needed, so that not all are in memory at once.
type source struct {
	name   string
	images string // names what load returns: sources with the same images load the same
	load   func(ctx context.Context) (set, error)
}

// kinds returns the rows that the options ask for and the images allow.
func (s *sources) kinds() (kinds []kind) {
	add := func(name string, possible bool, sets ...source) {
		if possible && s.wants(name) {
			kinds = append(kinds, kind{name: name, sets: sets})
		}
	}
	asIs := func(d set) func(context.Context) (set, error) {
		return func(context.Context) (set, error) { return d, nil }
	}
	adapts := s.adapted != nil
	add(rowSynthetic, true, source{rowSynthetic, rowSynthetic, asIs(s.synthetic)})
	control := func(ctx context.Context) (set, error) { return s.adapt(ctx, s.synthetic, 2*s.options.Variants) }
	add(rowControl, adapts, source{rowControl, rowControl, control})
	add(rowRefined, true, s.perRefiner(rowRefined, rowRefined, s.refine)...)
	add(rowRefinedControl, adapts, s.perRefiner(rowRefinedControl, rowRefinedControl, s.mix)...)
	addSelf := func(name string, sets ...source) {
		if s.unlabelled.Batch != nil && s.wants(name) {
			kinds = append(kinds, kind{name, sets, s.unlabelled})
		}
	}
	addSelf(rowControlSelf, source{rowControlSelf, rowControl, control})
	addSelf(rowRefinedSelf, s.perRefiner(rowRefinedSelf, rowRefinedControl, s.mix)...)
	add(rowReal, s.real.Batch != nil, source{rowReal, rowReal, asIs(s.real)})
	return kinds
}

// perRefiner returns a source per refiner, whose names have the seed if there are several.
func (s *sources) perRefiner(
	row, images string, load func(ctx context.Context, r refiner) (set, error),
) (sets []source) {
	for _, r := range s.refiners {
		of := ""
		if len(s.refiners) > 1 {
			of = fmt.Sprintf("-gan-%d", r.seed)
		}
		sets = append(sets, source{row + of, images + of, func(ctx context.Context) (set, error) { return load(ctx, r) }})
	}
	return sets
}

// refine returns the refined variants of the synthetic images.
func (s *sources) refine(ctx context.Context, r refiner) (d set, err error) {
	if d = s.refined[r.seed]; d.Batch == nil {
		d, err = refineAll(ctx, r, s.synthetic, s.options)
		s.refined[r.seed] = d
	}
	return d, err
}

// mix returns the refined images and as many of the control's. Refined images are not adapted: they have the traits of
// real ones already, and would have them twice.
func (s *sources) mix(ctx context.Context, r refiner) (set, error) {
	refined, err := s.refine(ctx, r)
	if err != nil {
		return refined, err
	}
	versions := s.options.Variants
	if err := s.synthetic.checkFits(2*versions, s.options.wayOut()); err != nil {
		return set{}, err
	}
	adapted, err := s.adapt(ctx, s.synthetic, versions)
	if err != nil {
		return adapted, err
	}
	// Without noise there is one version. It counts as often as the adapted ones.
	return joined(append(slices.Repeat([]set{refined}, versions/refined.variants()), adapted)...), nil
}

// why says why a row is missing.
func (s *sources) why(row string) string {
	switch {
	case s.options.Real == "":
		return "no real images are named: give --real SPEC"
	case !s.options.SelfTraining && (row == rowControlSelf || row == rowRefinedSelf):
		return "it needs --self-training"
	case row == rowReal:
		return s.options.Real + " has no labels"
	}
	return "there are no real images of the synthetic ones' size and depth to adapt to: give --real SPEC"
}

// adapt returns adapted versions of every image of d, rounded to levels.
func (s *sources) adapt(ctx context.Context, d set, versions int) (set, error) {
	if err := d.checkFits(versions, s.options.wayOut()); err != nil {
		return set{}, err
	}
	out := d.repeated(versions)
	for v := range versions {
		for from := 0; from < d.N; from += adaptBatch {
			if ctx.Err() != nil {
				return set{}, context.Cause(ctx)
			}
			var group errgroup.Group
			group.SetLimit(runtime.NumCPU())
			to := min(from+adaptBatch, d.N)
			for i := from; i < to; i++ {
				group.Go(func() error {
					random := rand.New(rand.NewPCG(uint64(i), uint64(v+1)))
					example := s.examples[random.IntN(len(s.examples))]
					out.PutLevels(v*d.N+i, s.adapted.Apply(d.ImageOf(i), example, random))
					return nil
				})
			}
			_ = group.Wait() // no work returns an error
			s.options.report("adapting", "images", v*d.N+to, versions*d.N)
		}
	}
	return out, nil
}

// adaptBatch is the number of images that are adapted between two reports of progress.
const adaptBatch = 256
