// Package eval shows what refining gained: it trains estimators of gaze or of hands on synthetic, on refined and on
// real images and tests each on held-out real ones.
package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// Figures are the errors, on the test images, of gaze estimators trained on one kind of images.
type Figures struct {
	MeanDegrees    float64    `json:"mean_degrees"` // mean over the seeds
	CI95           [2]float64 `json:"ci95"`         // of mean_degrees, over the seeds (Student's t)
	Within7Degrees float64    `json:"within_7_degrees"`
	PerSeed        []float64  `json:"per_seed"`
}

// GazeResult holds the JSON of `eval gaze`.
type GazeResult = Result[Figures]

// Gaze trains the paper's gaze estimator on each kind of images and tests it on held-out real ones.
func Gaze(ctx context.Context, o Options) (*GazeResult, error) {
	t := task{
		name: "gaze", metric: "mean_degrees", quantity: meanError, unit: "degrees", labels: fixed{data.GazeLabels, true},
	}
	return compare(ctx, o, t, exam[float64, Figures]{
		errors: gazeErrors,
		blank:  func() *Figures { return &Figures{} },
		add: func(f *Figures, errs []float64, _ set, estimators int) (string, bool) {
			mean := f.add(errs, estimators)
			return fmt.Sprintf("%.2f degrees", mean), finite(mean)
		},
		finish: func(f *Figures, seeds int) { f.MeanDegrees, f.CI95 = interval(f.PerSeed, seeds) },
		costs:  func(f *Figures) []float64 { return f.PerSeed },
	})
}

// add counts the errors of one of several seeds and returns their mean.
func (f *Figures) add(errs []float64, seeds int) float64 {
	sum, within := 0.0, 0
	for _, e := range errs {
		sum += e
		if e <= 7 {
			within++
		}
	}
	mean := sum / float64(len(errs))
	f.PerSeed = append(f.PerSeed, mean)
	f.Within7Degrees += float64(within) / float64(len(errs)) / float64(seeds)
	return mean
}

// gazeErrors trains an estimator on d and returns its errors on the test images, in degrees.
func gazeErrors(ctx context.Context, d, test set, c EstimatorConfig, seed uint64) ([]float64, error) {
	g, err := train(ctx, d, c, seed, lesson[*models.GazeEstimator]{
		what:  "gaze",
		build: func() (*models.GazeEstimator, error) { return models.NewGazeEstimator(d.C, d.H, d.W, 3) },
		loss: func(s *cgo.Scope, g *models.GazeEstimator, d set, index []int, random *rand.Rand) cgo.Tensor {
			x := d.shifted(s, index, c.Shift, random, c.Device)
			return models.LossGaze(s, g.Forward(s, x), d.gaze(s, index, c.Device), len(index))
		},
		agree: func(s *cgo.Scope, t, g *models.GazeEstimator, d set, index []int, random *rand.Rand) cgo.Tensor {
			truth := estimated(s, func() cgo.Tensor { return t.Forward(s, d.images(s, index, c.Device)) })
			x := d.disturbed(s, d.shiftedPixels(index, c.Shift, random), true, random, c.Device)
			return models.LossGaze(s, g.Forward(s, x), truth, len(index))
		},
		error: func(g *models.GazeEstimator, held set) (float64, error) {
			errs, err := testGaze(g, held, c.Device)
			return finiteMean(errs), err
		},
	})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	errs, err := testGaze(g, test, c.Device)
	if err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	return errs, nil
}

// testGaze returns the estimator's errors on all images of d, in degrees.
func testGaze(g *models.GazeEstimator, d set, device cgo.Device) (errs []float64, err error) {
	err = estimate(d,
		func(s *cgo.Scope, index []int) cgo.Tensor { return g.Forward(s, d.images(s, index, device)) },
		func(index []int, v []float32) {
			for k, i := range index {
				errs = append(errs, angle(v[3*k:3*k+3], d.Labels[3*i:3*i+3]))
			}
		})
	return errs, err
}

// gaze copies the chosen labels to the device: (n, 3).
func (d set) gaze(s *cgo.Scope, index []int, device cgo.Device) cgo.Tensor {
	labels := make([]float32, 0, len(index)*3)
	for _, i := range index {
		labels = append(labels, d.Labels[i*3:(i+1)*3]...)
	}
	return s.From(labels, device, int64(len(index)), 3)
}

// angle returns the angle between two vectors of any length, in degrees.
func angle(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return math.Acos(min(max(dot/math.Sqrt(aa*bb), -1), 1)) * 180 / math.Pi
}
