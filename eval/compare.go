package eval

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/trainer"
)

// Options of Gaze and Hand.
type Options struct {
	Run       string // the run folder whose refiner is judged
	Synthetic string // SPECs; "": those of the run's config
	Real      string
	Test      string
	Only      string // judge one kind of images: synthetic, refined or real; "": each
	Seeds     int    // estimators trained on each kind of images
	Variants  int    // refined versions of each image, where the refiner takes noise
	Estimator EstimatorConfig
	Save      string    // folder for the weights of every estimator, KIND-seed-N.safetensors; "": none are kept
	Out       io.Writer // progress, a line an estimator
}

// estimator is how the estimator of a kind and seed is trained.
func (o Options) estimator(k kind, seed uint64) EstimatorConfig {
	c := o.Estimator
	if o.Save != "" {
		c.Save = filepath.Join(o.Save, fmt.Sprintf("%s-seed-%d.safetensors", k.name, seed))
	}
	return c
}

// Share is the part of the synthetic-to-real gap that refining closed, 1 being all of it.
type Share struct {
	Mean float64    `json:"mean"`
	CI95 [2]float64 `json:"ci95"`
}

// Result is what an eval command writes as JSON: figures F of estimators trained on one kind of images, on the test images.
// Real and GapClosed are absent where the real images have no labels.
type Result[F any] struct {
	Task      string   `json:"task"`
	Seeds     []uint64 `json:"seeds"`
	Synthetic *F       `json:"synthetic"`
	Refined   *F       `json:"refined"`
	Real      *F       `json:"real,omitempty"`
	GapClosed *Share   `json:"gap_closed,omitempty"`
}

// task is what estimators are trained for.
type task struct {
	name   string
	labels []string // the labels that images must have
	loose  bool     // so many, whatever their names
}

func (t task) fits(names []string) bool {
	return slices.Equal(names, t.labels) || t.loose && len(names) == len(t.labels)
}

// compare trains estimators on synthetic, refined and, where they have labels, real images, by judge, which tests each on
// held-out real images. errors, a value a seed, are what the share of the gap is of.
func compare[F any](ctx context.Context, o Options, t task, judge judge[F], errors func(*F) []float64) (*Result[F], error) {
	if o.Seeds < 1 || o.Variants < 1 {
		return nil, fmt.Errorf("%w: seeds and variants must be 1 or more", trainer.ErrConfig)
	}
	if !slices.Contains([]string{"", "synthetic", "refined", "real"}, o.Only) {
		return nil, fmt.Errorf("%w: only is %q; use synthetic, refined or real", trainer.ErrConfig, o.Only)
	}
	if o.Save != "" {
		if err := os.MkdirAll(o.Save, 0o755); err != nil {
			return nil, fmt.Errorf("save: %w", err)
		}
	}
	kinds, test, err := prepare(&o, t)
	if err != nil {
		return nil, err
	}
	result := &Result[F]{Task: t.name}
	for seed := range uint64(o.Seeds) {
		result.Seeds = append(result.Seeds, seed+1)
	}
	for i, place := range []**F{&result.Synthetic, &result.Refined, &result.Real}[:len(kinds)] {
		if o.Only != "" && o.Only != kinds[i].name {
			continue
		}
		if *place, err = judge(ctx, kinds[i], test, result.Seeds, o); err != nil {
			return nil, err
		}
	}
	if result.Synthetic == nil && result.Refined == nil && result.Real == nil {
		return nil, fmt.Errorf("%w: only real images were asked for, and %s has no labels", trainer.ErrConfig, o.Real)
	}
	if result.Real != nil && o.Only == "" {
		result.GapClosed = share(errors(result.Synthetic), errors(result.Refined), errors(result.Real))
	}
	return result, nil
}

// judge trains an estimator a seed on one kind of images and tests it.
type judge[F any] func(ctx context.Context, k kind, test set, seeds []uint64, o Options) (*F, error)

// kind is one kind of training images.
type kind struct {
	name string
	set  set
}

// prepare loads the images of every kind, synthetic, refined and, with labels, real, and refines the synthetic ones.
func prepare(o *Options, t task) ([]kind, set, error) {
	refiner, config, err := trainer.LoadRefiner(o.Run, o.Estimator.Device)
	if err != nil {
		return nil, set{}, err
	}
	defer refiner.Close()
	for spec, fallback := range map[*string]string{&o.Synthetic: config.Data.Synthetic, &o.Real: config.Data.Real, &o.Test: config.Data.Test} {
		if *spec == "" {
			*spec = fallback
		}
	}
	synthetic, err := t.open(o.Synthetic, "synthetic")
	if err != nil {
		return nil, set{}, err
	}
	test, err := t.open(o.Test, "test")
	if err != nil {
		return nil, set{}, err
	}
	refined, err := refine(refiner, synthetic, config.Seed, o.Variants)
	if err != nil {
		return nil, set{}, err
	}
	kinds := []kind{{"synthetic", synthetic}, {"refined", refined}}
	if o.Real == "" {
		return kinds, test, nil
	}
	ds, err := data.Open(o.Real)
	if err != nil {
		return nil, set{}, fmt.Errorf("real: %w", err)
	}
	defer ds.Close()
	if ds.Info().LabelNames == nil {
		return kinds, test, nil
	}
	real, err := t.load(ds, "real")
	return append(kinds, kind{"real", real}), test, err
}

func (t task) open(spec, key string) (set, error) {
	if spec == "" {
		return set{}, fmt.Errorf("%w: eval %s needs labelled images: give --%s SPEC, or set data.%s in the run's config", trainer.ErrConfig, t.name, key, key)
	}
	ds, err := data.Open(spec)
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	defer ds.Close()
	return t.load(ds, key)
}

// load reads a whole data set of labelled images.
func (t task) load(ds data.Dataset, key string) (set, error) {
	info := ds.Info()
	if !t.fits(info.LabelNames) {
		return set{}, fmt.Errorf("%s: eval %s needs labels %v; the data set has %v", key, t.name, t.labels, info.LabelNames)
	}
	b, err := data.LoadRange(ds, 0, ds.Len())
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	return set{b, info.Bits}, nil
}

// refine makes the variants of every synthetic image, rounded to image levels as a written data set is.
func refine(r *models.Refiner, d set, seed uint64, variants int) (set, error) {
	device, err := r.Device()
	if err != nil {
		return set{}, err
	}
	noise, err := cgo.NewGenerator(device, seed)
	if err != nil {
		return set{}, err
	}
	defer noise.Close()
	if r.Config.Noise.Kind == "none" {
		variants = 1
	}
	out := *d.Batch
	out.N, out.Pixels, out.Labels = d.N*variants, nil, nil
	for range variants {
		for from := 0; from < d.N; from += refineBatch {
			part := d.Slice(from, min(from+refineBatch, d.N))
			pixels, err := trainer.Refine(r, noise, part)
			if err != nil {
				return set{}, err
			}
			for _, m := range data.Unbatch(pixels, part, d.bits) {
				unit := make([]float32, len(m.Pix))
				data.ToUnit(m, unit)
				out.Pixels = append(out.Pixels, unit...)
			}
			out.Labels = append(out.Labels, part.Labels...)
		}
	}
	return set{&out, d.bits}, nil
}

// refineBatch is how many images are refined at once.
const refineBatch = 128

// share pairs the seeds: each gives one share of the gap.
func share(synthetic, refined, real []float64) *Share {
	shares := make([]float64, len(synthetic))
	for i := range shares {
		shares[i] = (synthetic[i] - refined[i]) / (synthetic[i] - real[i])
	}
	mean, ci := interval(shares)
	return &Share{mean, ci}
}

// students are the 97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom.
var students = []float64{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262}

// interval is the mean and its 95 % confidence interval; of a single value the interval is that value.
func interval(values []float64) (mean float64, ci [2]float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	if len(values) == 1 {
		return mean, [2]float64{mean, mean}
	}
	variance := 0.0
	for _, v := range values {
		variance += (v - mean) * (v - mean) / (n - 1)
	}
	t := 1.96
	if len(values)-2 < len(students) {
		t = students[len(values)-2]
	}
	half := t * math.Sqrt(variance/n)
	return mean, [2]float64{mean - half, mean + half}
}
