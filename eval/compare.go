package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/models/architecture"
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

// validate refuses what no estimator could be trained with.
func (o Options) validate() error {
	c := o.Estimator
	for _, v := range []struct {
		name  string
		value int
	}{{"seeds", o.Seeds}, {"variants", o.Variants}, {"steps", c.Steps}, {"batch", c.Batch}} {
		if v.value < 1 {
			return exit.Usagef("--%s is %d; use 1 or more", v.name, v.value)
		}
	}
	if !(c.LR > 0) || math.IsInf(c.LR, 0) {
		return exit.Usagef("--lr is %g; use more than 0", c.LR)
	}
	if !slices.Contains([]string{"", "synthetic", "refined", "real"}, o.Only) {
		return exit.Usagef("--only is %q; use synthetic, refined or real", o.Only)
	}
	return nil
}

// Share is the part of the synthetic-to-real gap that refining closed, 1 being all of it.
type Share struct {
	Mean float64    `json:"mean"`
	CI95 [2]float64 `json:"ci95"`
}

// Result is what an eval command writes as JSON: figures F of estimators trained on one kind of images, on the test images.
// Real and GapClosed are absent where the real images have no labels, GapClosed also where there is no gap: of some seed,
// the estimator trained on real images is no better than the one trained on synthetic ones.
type Result[F any] struct {
	Task      string   `json:"task"`
	Data      Specs    `json:"data"`
	Seeds     []uint64 `json:"seeds"`
	Synthetic *F       `json:"synthetic"`
	Refined   *F       `json:"refined"`
	Real      *F       `json:"real,omitempty"`
	GapClosed *Share   `json:"gap_closed,omitempty"`
}

// Specs are the images that figures are of.
type Specs struct {
	Synthetic string `json:"synthetic"`
	Real      string `json:"real,omitempty"`
	Test      string `json:"test"`
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
// held-out real images. errorsOf, a value a seed, are what the share of the gap is of.
func compare[F any](ctx context.Context, o Options, t task, judge judge[F], errorsOf func(*F) []float64) (*Result[F], error) {
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

// judge trains an estimator a seed on one kind of images and tests it.
type judge[F any] func(ctx context.Context, k kind, test set, seeds []uint64, o Options) (*F, error)

// kind is one kind of training images.
type kind struct {
	name string
	set  set
}

// prepare loads the images of every kind, synthetic, refined and, with labels, real, and refines the synthetic ones.
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
		return nil, set{}, exit.Usagef("synthetic: %s has %d channel(s), the refiner was trained on %d", o.Synthetic, synthetic.C, refiner.Channels)
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
	refined, err := refine(ctx, refiner, synthetic, config.Seed, o.Variants)
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

// warnOfShared says where test images may be among those that estimators are trained on.
func warnOfShared(out io.Writer, test, train string) {
	a, errA := data.ParseSpec(test)
	b, errB := data.ParseSpec(train)
	if errA == nil && errB == nil && a.Overlaps(b) {
		fmt.Fprintf(out, "warning: estimators are trained on images of %s, and tested on %s: figures on images seen in training are too good. "+
			"Give --test other ones, of MPIIGaze other people (people=p10+p11)\n", train, test)
	}
}

// like refuses images of another size than the synthetic ones have: one estimator takes both.
func (d set) like(synthetic set, key, spec string) error {
	if d.Batch == nil || d.C == synthetic.C && d.H == synthetic.H && d.W == synthetic.W {
		return nil
	}
	return exit.Usagef("%s: images of %s are %dx%dx%d (channels, height, width), the synthetic ones %dx%dx%d; add size=HxW (or grey=true) to its SPEC",
		key, spec, d.C, d.H, d.W, synthetic.C, synthetic.H, synthetic.W)
}

func (t task) open(ctx context.Context, spec, key string) (set, error) {
	if spec == "" {
		return set{}, exit.Usagef("eval %s needs labelled images: give --%s SPEC, or set data.%s in the run's config", t.name, key, key)
	}
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	defer ds.Close()
	return t.load(ctx, ds, key)
}

// openReal reads the real images, none where they have no labels.
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

// refine makes the variants of every synthetic image, rounded to image levels as a written data set is.
func refine(ctx context.Context, r *models.Refiner, d set, seed uint64, variants int) (set, error) {
	device, err := r.Device()
	if err != nil {
		return set{}, err
	}
	noise, err := cgo.NewGenerator(device, seed)
	if err != nil {
		return set{}, err
	}
	defer noise.Close()
	if r.Config.Noise.Kind == architecture.NoNoise {
		variants = 1
	}
	out := *d.Batch
	out.N, out.Levels, out.Labels = d.N*variants, make([]byte, len(d.Levels)*variants), nil
	for v := range variants {
		for from := 0; from < d.N; from += refineBatch {
			if ctx.Err() != nil {
				return set{}, context.Cause(ctx)
			}
			refined, err := trainer.Refine(r, noise, d.Pixels(from, min(from+refineBatch, d.N)))
			if err != nil {
				return set{}, err
			}
			for k, m := range refined.Images(d.Bits) {
				out.PutLevels(v*d.N+from+k, m)
			}
		}
		out.Labels = append(out.Labels, d.Labels...)
	}
	return set{&out}, nil
}

// refineBatch is how many images are refined at once.
const refineBatch = 128

// share pairs the seeds: each gives one share of the gap. It is nil where a seed has no gap above 0.
func share(synthetic, refined, real []float64) *Share {
	shares := make([]float64, len(synthetic))
	for i := range shares {
		gap := synthetic[i] - real[i]
		if !(gap > 0) {
			return nil
		}
		shares[i] = (synthetic[i] - refined[i]) / gap
	}
	mean, ci := interval(shares)
	if !finite(mean, ci[0], ci[1]) {
		return nil
	}
	return &Share{mean, ci}
}

func finite(values ...float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// errDiverged is of figures that are no numbers.
var errDiverged = errors.New("its errors are no finite numbers: it diverged (lower --lr), or a label of the test images is a vector of length 0")

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
