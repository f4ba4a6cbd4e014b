package eval

import (
	"context"
	"strings"

	"simgan/data/adapt"
	"simgan/internal/exit"
)

// RealismOptions are what Realism takes. Of the Options, Test, Seeds and Variants have no part.
type RealismOptions struct {
	Options
	Refined string // SPEC of refined images; "": those of the runs, if any
	Images  int    // most images per row
}

// RealismResult holds the JSON of `eval realism`: how far the images of each row are from real ones.
type RealismResult struct {
	Result[RealismFigures]
	Images  int     `json:"images"`  // per row
	Learned float64 `json:"learned"` // share of the variance of strengths that the network of KID's features explains
}

// RealismFigures say how far images are from real ones that no network has seen.
type RealismFigures struct {
	TwoSample Accuracy `json:"two_sample"`
	KID       Measured `json:"kid"`
	// Distance is what training measures as realism_distance, of other images: see twosample.Reference.
	Distance Measured `json:"realism_distance"`
	*adapt.Profile
}

// Measured is a figure with its 95 % interval. With several runs, the figure is the mean over the runs and the interval
// Student's t; with one, both are of the images alone.
type Measured struct {
	Mean   float64     `json:"mean"`
	CI95   *[2]float64 `json:"ci95,omitempty"`
	PerRun []float64   `json:"per_run,omitempty"`
}

// Accuracy is the share of held-out images, half of them real, that a network takes for what they are: a classifier
// two-sample test (Lopez-Paz & Oquab 2017). 0.5 is that of a coin: the images cannot be told apart. The interval of one
// run is exact (Clopper & Pearson).
type Accuracy struct {
	Measured
	Images int `json:"images"` // held-out ones, per run
}

// Realism measures how far the images of each row are from real ones.
func Realism(ctx context.Context, o RealismOptions) (*RealismResult, error) {
	o.Seeds, o.Variants = 1, 1
	if err := o.check(); err != nil {
		return nil, err
	}
	s, err := prepareRealism(ctx, &o)
	if err != nil {
		return nil, err
	}
	defer s.close()
	kinds := s.realismKinds()
	if len(kinds) == 0 {
		return nil, exit.Usagef("there are no images for the row %s: give --run, --synthetic or --refined", o.Only)
	}
	r := &RealismResult{Images: s.compared.N}
	r.Task, r.Metric, r.Runs, r.Seeds = "realism", "two_sample", o.Runs, seedOne
	r.Data = Specs{Synthetic: o.Synthetic, Real: o.Real, Refined: o.Refined}
	r.Checkpoints, r.GANSeeds, r.Adaptation = s.checkpoints, s.ganSeeds(), s.adapted
	r.EstimatorSteps = map[string][]int{}
	o.countSteps(1 + len(candidates(kinds, seedOne))) // one for KID's features
	m, err := newRealismMeter(ctx, s, o.Options)
	if err != nil {
		return nil, err
	}
	defer m.close()
	r.Learned = m.learned
	for _, k := range kinds {
		o.Estimator.trained = r.stepsOf(k.name)
		if *r.row(k.name), err = m.measure(ctx, k, o.Options); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// stepsOf returns a function that keeps the steps of a row's networks.
func (r *RealismResult) stepsOf(row string) func(steps int) {
	key := strings.ReplaceAll(row, "+", "_")
	return func(steps int) { r.EstimatorSteps[key] = append(r.EstimatorSteps[key], steps) }
}

// seedOne is the seed of the networks and of the split into halves.
var seedOne = []uint64{1}

// check refuses options that nothing could be measured with.
func (o RealismOptions) check() error {
	switch {
	case len(o.Runs) > 0 && o.Refined != "":
		return exit.Usagef("--refined %s: these images are not of a run; leave --run out", o.Refined)
	case len(o.Runs) == 0 && o.Synthetic == "" && o.Refined == "":
		return exit.Usagef("there is nothing to compare: give --run FOLDER, or --synthetic SPEC or --refined SPEC")
	case len(o.Runs) == 0 && o.Real == "":
		return exit.Usagef("no real images are named: give --real SPEC")
	case o.Images < 1 || o.Images > mostRealismImages:
		return exit.Usagef("--images is %d; use 1 or more, at most %d", o.Images, mostRealismImages)
	}
	return o.validateChoices([]string{rowSynthetic, rowControl, rowRefined, rowReal})
}

// mostRealismImages bounds the images per row: KID compares all pairs.
const mostRealismImages = 20_000

// realismKinds returns the rows that the options ask for and the images allow.
func (s *realismSources) realismKinds() (kinds []kind) {
	add := func(name string, possible bool, sets ...source) {
		if possible && s.wants(name) {
			kinds = append(kinds, kind{name: name, sets: sets})
		}
	}
	asIs := func(name string, d set) source {
		return source{name, name, func(context.Context) (set, error) { return d, nil }}
	}
	adapted := func(name string, d set) source {
		return source{name, name, func(ctx context.Context) (set, error) { return s.adapt(ctx, d, 1) }}
	}
	refined := s.perRefiner(rowRefined, rowRefined, s.refine)
	if s.given.Batch != nil {
		refined = []source{asIs(rowRefined, s.given)}
	}
	rendered, adapts := s.synthetic.Batch != nil, s.adapted != nil
	add(rowSynthetic, rendered, asIs(rowSynthetic, s.synthetic))
	add(rowControl, rendered && adapts, adapted(rowControl, s.synthetic))
	add(rowRefined, len(refined) > 0, refined...)
	add(rowReal, true, asIs(rowReal, s.other))
	return kinds
}

// measuredOver returns the mean of a figure over runs. one is the interval of a single run.
func measuredOver(values []float64, one *[2]float64) Measured {
	if len(values) == 1 {
		return Measured{Mean: values[0], CI95: one}
	}
	m, ci := interval(values, 1)
	return Measured{m, &ci, values}
}
