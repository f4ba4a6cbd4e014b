package eval

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/trainer"
)

// Options of GazeReport.
type Options struct {
	Run       string // the run folder whose refiner is judged
	Synthetic string // SPECs; "": those of the run's config
	Real      string
	Test      string
	Only      string // judge one kind of images: synthetic, refined or real; "": each
	Seeds     int    // estimators trained on each kind of images
	Variants  int    // refined versions of each image, where the refiner takes noise
	Estimator EstimatorConfig
	Out       io.Writer // progress, a line an estimator
}

// Figures are what estimators trained on one kind of images reach on the test images.
type Figures struct {
	MeanDegrees    float64    `json:"mean_degrees"` // mean over the seeds
	CI95           [2]float64 `json:"ci95"`         // of mean_degrees, over the seeds (Student's t)
	Within7Degrees float64    `json:"within_7_degrees"`
	PerSeed        []float64  `json:"per_seed"`
}

// Share is the part of the synthetic-to-real gap that refining closed, 1 being all of it.
type Share struct {
	Mean float64    `json:"mean"`
	CI95 [2]float64 `json:"ci95"`
}

// GazeResult is what `eval gaze` writes as JSON. Real and GapClosed are absent where the real images have no labels.
type GazeResult struct {
	Task      string   `json:"task"`
	Seeds     []uint64 `json:"seeds"`
	Synthetic *Figures `json:"synthetic"`
	Refined   *Figures `json:"refined"`
	Real      *Figures `json:"real,omitempty"`
	GapClosed *Share   `json:"gap_closed,omitempty"`
}

// Gaze trains the gaze estimator on synthetic, refined and, where they have labels, real images, and tests each on
// held-out real images.
func Gaze(ctx context.Context, o Options) (*GazeResult, error) {
	if o.Seeds < 1 || o.Variants < 1 {
		return nil, fmt.Errorf("%w: seeds and variants must be 1 or more", trainer.ErrConfig)
	}
	if !slices.Contains([]string{"", "synthetic", "refined", "real"}, o.Only) {
		return nil, fmt.Errorf("%w: only is %q; use synthetic, refined or real", trainer.ErrConfig, o.Only)
	}
	kinds, test, err := prepare(&o)
	if err != nil {
		return nil, err
	}
	result := &GazeResult{Task: "gaze"}
	for seed := range uint64(o.Seeds) {
		result.Seeds = append(result.Seeds, seed+1)
	}
	for _, kind := range kinds {
		if o.Only != "" && o.Only != kind.name {
			continue
		}
		figures, err := judge(ctx, kind, test, result.Seeds, o)
		if err != nil {
			return nil, err
		}
		switch kind.name {
		case "synthetic":
			result.Synthetic = figures
		case "refined":
			result.Refined = figures
		case "real":
			result.Real = figures
		}
	}
	if result.Synthetic == nil && result.Refined == nil && result.Real == nil {
		return nil, fmt.Errorf("%w: only real images were asked for, and %s has no labels", trainer.ErrConfig, o.Real)
	}
	if result.Real != nil && o.Only == "" {
		result.GapClosed = share(result)
	}
	return result, nil
}

// kind is one kind of training images.
type kind struct {
	name string
	set  set
}

// prepare loads the images of every kind and refines the synthetic ones.
func prepare(o *Options) ([]kind, set, error) {
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
	synthetic, err := open(o.Synthetic, "synthetic")
	if err != nil {
		return nil, set{}, err
	}
	test, err := open(o.Test, "test")
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
	real, err := load(ds, "real")
	return append(kinds, kind{"real", real}), test, err
}

func open(spec, key string) (set, error) {
	if spec == "" {
		return set{}, fmt.Errorf("%w: eval gaze needs labelled images: give --%s SPEC, or set data.%s in the run's config", trainer.ErrConfig, key, key)
	}
	ds, err := data.Open(spec)
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	defer ds.Close()
	return load(ds, key)
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
			for _, m := range data.Unbatch(pixels, part, 8) {
				unit := make([]float32, len(m.Pix))
				data.ToUnit(m, unit)
				out.Pixels = append(out.Pixels, unit...)
			}
			out.Labels = append(out.Labels, part.Labels...)
		}
	}
	return set{&out}, nil
}

// refineBatch is how many images are refined at once.
const refineBatch = 128

// judge trains one estimator a seed on the kind's images and tests it.
func judge(ctx context.Context, k kind, test set, seeds []uint64, o Options) (*Figures, error) {
	f := &Figures{}
	for _, seed := range seeds {
		g, err := trainEstimator(ctx, k.set, o.Estimator, seed)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.name, err)
		}
		errs, err := angles(g, test, o.Estimator)
		g.Close()
		if err != nil {
			return nil, fmt.Errorf("test: %w", err)
		}
		sum, within := 0.0, 0
		for _, e := range errs {
			sum += e
			if e <= 7 {
				within++
			}
		}
		f.PerSeed = append(f.PerSeed, sum/float64(len(errs)))
		f.Within7Degrees += float64(within) / float64(len(errs)) / float64(len(seeds))
		fmt.Fprintf(o.Out, "trained on %-9s  seed %d: %.2f degrees\n", k.name, seed, sum/float64(len(errs)))
	}
	f.MeanDegrees, f.CI95 = interval(f.PerSeed)
	return f, nil
}

// share pairs the seeds: each gives one share of the gap.
func share(r *GazeResult) *Share {
	shares := make([]float64, len(r.Seeds))
	for i := range shares {
		s, f, real := r.Synthetic.PerSeed[i], r.Refined.PerSeed[i], r.Real.PerSeed[i]
		shares[i] = (s - f) / (s - real)
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
