package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"simgan/data"
	"simgan/internal/exit"
)

// LabelOptions are what Labels takes beside Options.
type LabelOptions struct {
	Pairs   int      // rendered images, each compared with its refined version
	Columns []string // labels that the estimator learns; none: all
	Limit   float64  // mean shift from which on labels have moved, in the unit of the first figure; 0: the default
}

// LabelsResult holds the JSON of `eval labels`: how far refining moved what labels describe.
type LabelsResult struct {
	Task       string        `json:"task"`   // labels
	Method     string        `json:"method"` // how places or labels are found in images
	Run        string        `json:"run"`
	Checkpoint string        `json:"checkpoint"`
	Synthetic  string        `json:"synthetic"`
	Pairs      int           `json:"pairs"`                // rendered images that the figures are of
	Failed     int           `json:"failed"`               // further ones, left out: the method failed before refining
	Figures    []LabelMoved  `json:"figures"`              // the first decides
	Limit      float64       `json:"limit"`                // of the first figure's mean shift
	Moved      bool          `json:"moved"`                // the mean shift is above the limit
	Check      *Distribution `json:"error_real,omitempty"` // error of the first figure in built-in real images
	Worst      []WorstPair   `json:"worst"`                // the pairs that moved most
}

// LabelMoved says how far one thing moved, and how well it can be found at all.
type LabelMoved struct {
	Name     string       `json:"name"`
	Unit     string       `json:"unit"`
	Shift    Distribution `json:"shift"`          // between a rendered image and its refined version
	Rendered Distribution `json:"error_rendered"` // from the labels, in rendered images that no estimator learned from
	Refined  Distribution `json:"error_refined"`  // from the labels, in the same images after refining
}

// WorstPair is a rendered image and how far its refined version moved.
type WorstPair struct {
	Image int     `json:"image"` // index in the data set
	Shift float64 `json:"shift"` // of the first figure
}

// distances holds, per pair, how far a thing moved and how far it was found from the label.
type distances struct {
	name, unit               string
	shift, rendered, refined []float64
}

func (d distances) moved() LabelMoved {
	return LabelMoved{d.name, d.unit, distribution(d.shift), distribution(d.rendered), distribution(d.refined)}
}

// comparison is what a method found in pairs of images.
type comparison struct {
	method  string
	figures []distances   // the first decides
	marks   [2][][]mark   // per pair, what to mark in the rendered and in the refined image; nil: nothing
	failed  []bool        // per pair: left out; nil: none
	limit   float64       // default
	check   *Distribution // see LabelsResult
}

// mark is a place in an image, in pixels.
type mark struct{ x, y float64 }

// pairs are rendered images and the same refined.
type pairs struct {
	ds                data.Dataset // all rendered images
	rendered, refined set
	index             []int // of the compared ones in ds
	rest              []int // images that an estimator may learn from
	options           Options
}

// Labels compares rendered images with their refined versions. It finds what the labels describe in both: the pupil of
// built-in eyes by a fit, the joints of hands by an hourglass, any other labels by a small network. The networks learn
// from other rendered images, and stay as they are.
func Labels(ctx context.Context, o Options, l LabelOptions) (*LabelsResult, *Gallery, error) {
	if l.Pairs < 1 || l.Pairs > maxPairs {
		return nil, nil, exit.Usagef("--n is %d; use 1 or more, at most %d", l.Pairs, maxPairs)
	}
	if err := o.validate(); err != nil {
		return nil, nil, err
	}
	if len(o.Runs) > 1 {
		return nil, nil, exit.Usagef("eval labels is of one run; give one of %s", strings.Join(o.Runs, ", "))
	}
	s := &sources{}
	defer s.close()
	if err := s.loadRefiners(&o); err != nil {
		return nil, nil, err
	}
	if o.Synthetic == "" {
		return nil, nil, exit.Usagef("the run names no synthetic images: give --synthetic SPEC")
	}
	ds, err := o.open(ctx, o.Synthetic)
	if err != nil {
		return nil, nil, exit.Usagef("synthetic: %w", err)
	}
	defer ds.Close()
	method := methodFor(ds, l.Columns)
	p, err := newPairs(ctx, ds, s.refiners[0], o, l.Pairs)
	if err != nil {
		return nil, nil, err
	}
	c, err := method(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	r, worst, err := p.result(c, o, l)
	if err == nil {
		r.Checkpoint = s.checkpoints[0]
	}
	return r, worst, err
}

// maxPairs bounds the images that are compared: both versions are in memory.
const maxPairs = 100_000

// methodFor returns how labels of the data set are found in images.
func methodFor(ds data.Dataset, columns []string) func(context.Context, *pairs) (*comparison, error) {
	switch info := ds.Info(); {
	case columns != nil:
	case data.EyeOutline(ds, 0) != nil:
		return compareEyes
	case slices.Equal(info.LabelNames, data.HandLabels):
		return compareHands
	}
	return func(ctx context.Context, p *pairs) (*comparison, error) { return compareLabels(ctx, p, columns) }
}

// newPairs loads and refines n images spread over the data set, at most half of it. Networks learn from the others.
func newPairs(ctx context.Context, ds data.Dataset, r refiner, o Options, n int) (*pairs, error) {
	if c := ds.Info().C; c != r.Channels {
		return nil, exit.Usagef("synthetic: %s has %d channel(s), the refiner was trained on %d", o.Synthetic, c, r.Channels)
	}
	o.smaller = "lower --n"
	p := &pairs{ds: ds, index: spread(ds.Len(), min(n, max(ds.Len()/2, 1))), options: o}
	b, err := data.LoadLevels(ctx, data.Choose(ds, p.index))
	if err != nil {
		return nil, fmt.Errorf("synthetic: %w", err)
	}
	b.Index = p.index
	p.rendered = set{b, b.N}
	o.Variants = 1
	if p.refined, err = refineAll(ctx, r, p.rendered, o); err != nil {
		return nil, err
	}
	for i, next := 0, 0; i < ds.Len(); i++ {
		if next < len(p.index) && p.index[next] == i {
			next++
			continue
		}
		p.rest = append(p.rest, i)
	}
	return p, nil
}

// learnable loads the images that an estimator learns from, at most as many as it sees.
func (p *pairs) learnable(ctx context.Context) (set, error) {
	index := p.rest
	if most := p.options.mostScenes(); len(index) > most {
		index = make([]int, most)
		for k, i := range spread(len(p.rest), most) {
			index[k] = p.rest[i]
		}
	}
	if batch := p.options.Estimator.Batch; len(index) < batch {
		return set{}, exit.Usagef("synthetic: of the %d images of %s, %d are compared and %d are left to learn from, fewer "+
			"than --batch %d: give more images, or a smaller --n or --batch", p.ds.Len(), p.options.Synthetic,
			len(p.index), len(index), batch)
	}
	b, err := data.LoadLevels(ctx, data.Choose(p.ds, index))
	if err != nil {
		return set{}, fmt.Errorf("synthetic: %w", err)
	}
	b.Index = index
	return set{b, b.N}, nil
}

// both returns the rendered images and the refined ones after them, as one set to test an estimator on.
func (p *pairs) both() set {
	d := p.rendered.repeated(2)
	copy(d.Levels[copy(d.Levels, p.rendered.Levels):], p.refined.Levels)
	return d
}
