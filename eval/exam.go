package eval

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"simgan/internal/ranks"
)

// exam is how a task's estimators are trained and tested. E is an error on a test image, F are the figures of a row.
type exam[E, F any] struct {
	// begin is called before the estimators of another set of images; nil if there is nothing to do.
	begin func(ctx context.Context, name string, d, test set) error
	// errors trains an estimator on d and returns its errors on the test images.
	errors func(ctx context.Context, d, test set, c EstimatorConfig, seed uint64) ([]E, error)
	// blank returns the figures of no estimator.
	blank func() *F
	// add counts the errors of one of several estimators. It returns what to print, and whether they are finite.
	add func(f *F, errs []E, test set, estimators int) (text string, ok bool)
	// finish completes the figures, when all estimators are counted.
	finish func(f *F, seeds int)
	// costs returns a value per estimator, lower being better, of which the share of the gap is computed.
	costs func(f *F) []float64
}

// candidate is an estimator to train: one of several of a row.
type candidate struct {
	row    string
	source source
	self   set // real images for self-training, if any
	seed   uint64
	of     int // estimators of the row
}

// candidates returns the estimators of all rows, in the order of the table; those of the same images follow one
// another, so that images are made once.
func candidates(kinds []kind, seeds []uint64) (all []candidate) {
	first := map[string]int{} // the first estimator of the images
	for _, k := range kinds {
		for _, s := range k.sets {
			if _, known := first[s.images]; !known {
				first[s.images] = len(all)
			}
			for _, seed := range seeds {
				all = append(all, candidate{k.name, s, k.unlabelled, seed, len(k.sets) * len(seeds)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return first[a.source.images] - first[b.source.images] })
	return all
}

// outcome is what a trained estimator leaves.
type outcome[E any] struct {
	Errors []E
	Steps  int // 0 if a program trained it
}

// train trains and tests this process's estimators, and returns their outcomes by number. They are dealt one by one,
// because those of a row take as long.
func (x exam[E, F]) train(
	ctx context.Context, all []candidate, test set, o Options,
) (outcomes map[int]outcome[E], err error) {
	outcomes = map[int]outcome[E]{}
	own := len(all) / o.Group.Size()
	if o.Group.Rank() < len(all)%o.Group.Size() {
		own++
	}
	o.countSteps(own)
	var d set
	loaded := ""
	for i := o.Group.Rank(); i < len(all); i += o.Group.Size() {
		c := all[i]
		if images := c.source.images; images != loaded {
			if d, err = x.load(ctx, c.source, test); err != nil {
				return nil, fmt.Errorf("%s: %w", c.source.name, err)
			}
			loaded = images
		}
		if outcomes[i], err = x.trainOne(ctx, c, d, test, o); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

// load loads a set of images.
func (x exam[E, F]) load(ctx context.Context, s source, test set) (set, error) {
	d, err := s.load(ctx)
	if err == nil && x.begin != nil {
		err = x.begin(ctx, s.name, d, test)
	}
	return d, err
}

// trainOne trains and tests an estimator.
func (x exam[E, F]) trainOne(ctx context.Context, c candidate, d, test set, o Options) (out outcome[E], err error) {
	config := o.estimator(c.source.name, c.seed)
	config.unlabelled = c.self
	config.trained = func(steps int) { out.Steps = steps }
	if out.Errors, err = x.errors(ctx, d, test, config, c.seed); err != nil {
		return out, fmt.Errorf("%s: %w", c.source.name, err)
	}
	text, ok := x.add(x.blank(), out.Errors, test, 1)
	if !ok {
		return out, fmt.Errorf("estimator trained on %s, seed %d: %w", c.source.name, c.seed, errDiverged)
	}
	fmt.Fprintf(o.Out, "trained on %-15s  seed %d: %s\n", c.source.name, c.seed, text)
	return out, nil
}

// gather adds the outcomes of the other processes.
func (x exam[E, F]) gather(ctx context.Context, outcomes map[int]outcome[E], o Options) error {
	if o.Group == nil {
		return nil
	}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(outcomes); err != nil {
		return err
	}
	texts, err := o.Group.Together(ctx, text.Bytes())
	for _, text := range texts {
		err = errors.Join(err, gob.NewDecoder(bytes.NewReader(text)).Decode(&outcomes))
	}
	return err
}

// figures returns the figures of a row.
func (x exam[E, F]) figures(all []candidate, outcomes map[int]outcome[E], row string, test set, seeds int) *F {
	f := x.blank()
	for i, c := range all {
		if c.row == row {
			x.add(f, outcomes[i].Errors, test, c.of)
		}
	}
	x.finish(f, seeds)
	return f
}

// agree returns an error if this process would evaluate anything else than process 0.
func (o Options) agree(ctx context.Context, result any, all []candidate) error {
	c := o.Estimator
	c.Device = 0
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.source.name
	}
	text, err := json.Marshal([]any{result, o.Variants, c, names})
	if err != nil || o.Group == nil {
		return err
	}
	texts, err := o.Group.Together(ctx, text)
	if err == nil && !bytes.Equal(texts[0], text) {
		err = fmt.Errorf("%s: its options, runs, data or processor are not those of process 0: one evaluates\n%s\n"+
			"the other\n%s", ranks.Name(o.Group.Rank(), o.Group.Size()), text, texts[0])
	}
	return err
}
