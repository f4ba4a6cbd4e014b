package eval

import (
	"context"
	"fmt"
	"iter"
	"os"
	"strings"

	"simgan/data/adapt"
	"simgan/internal/exit"
)

// Share holds the share of a gap that refining closed, 1 being all of it, and its 95 % interval.
type Share struct {
	Mean float64    `json:"mean"`
	CI95 [2]float64 `json:"ci95"`
}

// The rows of a comparison: the kinds of images that estimators are trained on.
const (
	rowSynthetic      = "synthetic"
	rowControl        = "control"         // synthetic, after the training-free adaptation that fits the real images best
	rowRefined        = "refined"         // synthetic, by the refiner
	rowRefinedControl = "refined+control" // refined and control, half each
	// With --self-training: the same images as control and as refined+control. Real images without labels teach too.
	rowControlSelf = "control+self-training"
	rowRefinedSelf = "refined+self-training"
	rowReal        = "real"
)

var rowNames = []string{
	rowSynthetic, rowControl, rowRefined, rowRefinedControl, rowControlSelf, rowRefinedSelf, rowReal,
}

// Result is what an eval command writes as JSON: the figures F, on the test images, of estimators trained on each kind
// of images. Real and the gaps are absent if the real images have no labels. A gap is also absent if there is none: for
// some seed, the estimator trained on real images is no better than the one trained on synthetic (or control) ones.
type Result[F any] struct {
	Task           string           `json:"task"`
	Metric         string           `json:"metric"` // the figure by which rows are compared
	HigherIsBetter bool             `json:"higher_is_better,omitempty"`
	Unit           string           `json:"unit,omitempty"`   // of the metric
	Labels         []string         `json:"labels,omitempty"` // the columns that estimators learn
	Data           Specs            `json:"data"`
	Seeds          []uint64         `json:"seeds"`       // of the estimators
	Runs           []string         `json:"runs"`        // the folders of the refiners
	Checkpoints    []string         `json:"checkpoints"` // of the runs
	GANSeeds       []uint64         `json:"gan_seeds"`   // of the refiners
	Adaptation     *Adapted         `json:"control_method,omitempty"`
	Synthetic      *F               `json:"synthetic"`
	Control        *F               `json:"control,omitempty"`
	Refined        *F               `json:"refined"`
	RefinedControl *F               `json:"refined_control,omitempty"`
	ControlSelf    *F               `json:"control_self_training,omitempty"`
	RefinedSelf    *F               `json:"refined_self_training,omitempty"`
	Real           *F               `json:"real,omitempty"`
	EstimatorSteps map[string][]int `json:"estimator_steps"` // per row and estimator

	// GapClosed is the share that refining closed of the gap between synthetic and real: (synthetic - refined) /
	// (synthetic - real). Adaptations that need no refiner may close most of it.
	GapClosed *Share `json:"gap_closed,omitempty"`
	// GapClosedBeyondControl is the share of the gap that the control leaves: (control - refined+control) /
	// (control - real). Both rows have the same number of images; half of one are refined instead of adapted.
	GapClosedBeyondControl *Share `json:"gap_closed_beyond_control,omitempty"`
	// GapClosedBeyondSelfTraining is the same share with self-training in both rows: (control+self-training -
	// refined+self-training) / (control+self-training - real).
	GapClosedBeyondSelfTraining *Share `json:"gap_closed_beyond_self_training,omitempty"`
	// ControlHurts reports that the control is worse than the synthetic images as they are: it is chosen by statistics of
	// images, not by an error. GapClosed is the fair share then.
	ControlHurts bool `json:"control_hurts,omitempty"`

	// Reading says in sentences what the figures show of refining. Table and page have the same sentences.
	Reading []string `json:"reading,omitempty"`
}

// Adapted says how the images of the control were made.
type Adapted struct {
	adapt.Adaptation
	Distance float64 `json:"distance"`           // from the real images, energy distance of statistics
	Before   float64 `json:"distance_unadapted"` // that of the synthetic images
}

// Specs name the images behind the figures.
type Specs struct {
	Synthetic string `json:"synthetic"`
	Real      string `json:"real,omitempty"`
	Test      string `json:"test,omitempty"`
	Refined   string `json:"refined,omitempty"` // unless it is of runs
}

// RowKey returns a row's name as keys of JSON have it.
func RowKey(row string) string { return strings.NewReplacer("+", "_", "-", "_").Replace(row) }

// row returns the place of a row's figures.
func (r *Result[F]) row(name string) **F {
	return map[string]**F{
		rowSynthetic: &r.Synthetic, rowControl: &r.Control, rowRefined: &r.Refined,
		rowRefinedControl: &r.RefinedControl, rowControlSelf: &r.ControlSelf, rowRefinedSelf: &r.RefinedSelf,
		rowReal: &r.Real,
	}[name]
}

// Rows yields the names and figures of the rows that there are, in the order of the table.
func (r *Result[F]) Rows() iter.Seq2[string, *F] {
	return func(yield func(string, *F) bool) {
		for _, name := range rowNames {
			if f := *r.row(name); f != nil && !yield(name, f) {
				return
			}
		}
	}
}

// compare trains estimators on every kind of images. Several processes train some each, and return the same result.
func compare[E, F any](ctx context.Context, o Options, t task, x exam[E, F]) (*Result[F], error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.Save != "" {
		if err := os.MkdirAll(o.Save, 0o755); err != nil {
			return nil, fmt.Errorf("save: %w", err)
		}
	}
	ctx, stop := o.Group.Watch(ctx)
	defer stop()
	s, err := prepare(ctx, &o, t)
	if err != nil {
		return nil, err
	}
	defer s.close()
	result := &Result[F]{
		Task: t.name, Metric: t.metric, HigherIsBetter: t.higher, Unit: t.unit, Labels: t.labels.names(),
		Data: Specs{Synthetic: o.Synthetic, Real: o.Real, Test: o.Test}, Runs: o.Runs, Checkpoints: s.checkpoints,
		GANSeeds: s.ganSeeds(), Adaptation: s.adapted, EstimatorSteps: map[string][]int{},
	}
	for seed := range uint64(o.Seeds) {
		result.Seeds = append(result.Seeds, seed+1)
	}
	kinds := s.kinds()
	if len(kinds) == 0 {
		return nil, exit.Usagef("only the row %s was asked for, and %s", o.Only, s.why(o.Only))
	}
	all := candidates(kinds, result.Seeds)
	if err := o.agree(ctx, result, all); err != nil {
		return nil, err
	}
	outcomes, err := x.train(ctx, all, s.test, o)
	if err == nil {
		err = x.gather(ctx, outcomes, o)
	}
	if err != nil {
		return nil, err
	}
	for i, c := range all {
		if key := RowKey(c.row); outcomes[i].Steps > 0 {
			result.EstimatorSteps[key] = append(result.EstimatorSteps[key], outcomes[i].Steps)
		}
	}
	for _, k := range kinds {
		*result.row(k.name) = x.figures(all, outcomes, k.name, s.test, o.Seeds)
	}
	result.GapClosed = gap(result.Synthetic, result.Refined, result.Real, x.costs, o.Seeds)
	result.GapClosedBeyondControl = gap(result.Control, result.RefinedControl, result.Real, x.costs, o.Seeds)
	result.GapClosedBeyondSelfTraining = gap(result.ControlSelf, result.RefinedSelf, result.Real, x.costs, o.Seeds)
	if result.Synthetic != nil && result.Control != nil {
		result.ControlHurts = mean(x.costs(result.Control)) > mean(x.costs(result.Synthetic))
	}
	result.read(t, x.costs)
	return result, nil
}

// countSteps reports the steps of all estimators as one stage. An estimator that stops early counts as all its steps.
func (o *Options) countSteps(estimators int) {
	done := 0
	report, most := o.report, o.Estimator.Steps
	o.Estimator.stepDone = func(step int, last bool) {
		report("training estimators", "steps", done*most+step, estimators*most)
		if last {
			done++
		}
	}
}

// gap returns the share of the gap between from and to that refined closes; nil if a row is missing.
func gap[F any](from, refined, to *F, errorsOf func(*F) []float64, seeds int) *Share {
	if from == nil || refined == nil || to == nil {
		return nil
	}
	return share(errorsOf(from), errorsOf(refined), errorsOf(to), seeds)
}
