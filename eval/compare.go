package eval

import (
	"context"
	"fmt"
	"os"
	"slices"

	"simgan/internal/exit"
)

// Share is the share of the gap between synthetic and real images that refining closed: 1 is all of it.
type Share struct {
	Mean float64    `json:"mean"`
	CI95 [2]float64 `json:"ci95"`
}

// Result is what an eval command writes as JSON: the figures F, on the test images, of estimators trained on each kind
// of images. Real and GapClosed are absent if the real images have no labels. GapClosed is also absent if there is no
// gap: for some seed, the estimator trained on real images is no better than the one trained on synthetic ones.
type Result[F any] struct {
	Task      string   `json:"task"`
	Data      Specs    `json:"data"`
	Seeds     []uint64 `json:"seeds"`
	Synthetic *F       `json:"synthetic"`
	Refined   *F       `json:"refined"`
	Real      *F       `json:"real,omitempty"`
	GapClosed *Share   `json:"gap_closed,omitempty"`
}

// Specs name the images behind the figures.
type Specs struct {
	Synthetic string `json:"synthetic"`
	Real      string `json:"real,omitempty"`
	Test      string `json:"test"`
}

// task is what estimators learn.
type task struct {
	name   string
	labels []string // the labels that images must have
	loose  bool     // only the number of labels counts, not their names
}

func (t task) fits(names []string) bool {
	return slices.Equal(names, t.labels) || t.loose && len(names) == len(t.labels)
}

// compare trains estimators on synthetic, refined and, if they have labels, real images. judge trains and tests those
// of one kind. errorsOf returns a value per seed, of which the share of the gap is computed.
func compare[F any](
	ctx context.Context, o Options, t task, judge judge[F], errorsOf func(*F) []float64,
) (*Result[F], error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.Save != "" {
		if err := os.MkdirAll(o.Save, 0o755); err != nil {
			return nil, fmt.Errorf("save: %w", err)
		}
	}
	kinds, test, err := prepare(ctx, &o, t)
	if err != nil {
		return nil, err
	}
	result := &Result[F]{Task: t.name, Data: Specs{o.Synthetic, o.Real, o.Test}}
	for seed := range uint64(o.Seeds) {
		result.Seeds = append(result.Seeds, seed+1)
	}
	steps, total := 0, len(kinds)*o.Seeds*o.Estimator.Steps
	if o.Only != "" {
		total = o.Seeds * o.Estimator.Steps
	}
	o.Estimator.stepDone = func() {
		steps++
		o.report("training estimators", "steps", steps, total)
	}
	places := []**F{&result.Synthetic, &result.Refined, &result.Real}
	for i, kind := range kinds {
		if o.Only != "" && o.Only != kind.name {
			continue
		}
		if *places[i], err = judge(ctx, kind, test, result.Seeds, o); err != nil {
			return nil, err
		}
	}
	if result.Synthetic == nil && result.Refined == nil && result.Real == nil {
		return nil, exit.Usagef("only real images were asked for, and %s has no labels", o.Real)
	}
	if result.Real != nil && o.Only == "" {
		result.GapClosed = share(errorsOf(result.Synthetic), errorsOf(result.Refined), errorsOf(result.Real))
	}
	return result, nil
}

// judge trains an estimator per seed on one kind of images and tests it.
type judge[F any] func(ctx context.Context, k kind, test set, seeds []uint64, o Options) (*F, error)

// forEachSeed trains an estimator per seed on the kind's images, and has add count its errors E on the test images. add
// returns what to print of them, and whether they are finite.
func forEachSeed[E any](
	ctx context.Context, k kind, test set, seeds []uint64, o Options,
	errorsOf func(ctx context.Context, d, test set, c EstimatorConfig, seed uint64) ([]E, error),
	add func([]E) (text string, ok bool),
) error {
	for _, seed := range seeds {
		errs, err := errorsOf(ctx, k.set, test, o.estimator(k, seed), seed)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		text, ok := add(errs)
		if !ok {
			return fmt.Errorf("estimator trained on %s, seed %d: %w", k.name, seed, errDiverged)
		}
		fmt.Fprintf(o.Out, "trained on %-9s  seed %d: %s\n", k.name, seed, text)
	}
	return nil
}
