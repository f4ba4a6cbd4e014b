package eval

import (
	"context"
	"fmt"
	"math"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/models"
)

// The errors of Regression.
const (
	AbsoluteError = "absolute" // |estimate - label|, mean over the labels, in their unit
	AngularError  = "angular"  // the angle between estimate and label as vectors, in degrees
)

// RegressionFigures are the errors, on the test images, of estimators trained on one kind of images.
type RegressionFigures struct {
	MeanError float64       `json:"mean_error"` // over images, then over the seeds
	CI95      [2]float64    `json:"ci95"`       // of mean_error, over the seeds (Student's t)
	R2        float64       `json:"r2"`         // over the labels (of directions: of unit vectors), then over the seeds
	R2CI95    [2]float64    `json:"r2_ci95"`
	PerLabel  []LabelFigure `json:"per_label,omitempty"` // none for directions
	PerSeed   []float64     `json:"per_seed"`            // mean_error
	PerSeedR2 []float64     `json:"per_seed_r2"`
}

// LabelFigure holds the figures of one label, means over the seeds. R2 is 1 - residual / total sum of squares: 1 for
// perfect estimates, 0 for those of the test labels' mean.
type LabelFigure struct {
	Name         string  `json:"name"`
	MeanAbsolute float64 `json:"mean_absolute"` // in the label's unit
	R2           float64 `json:"r2"`
}

// RegressionResult holds the JSON of `eval regression`.
type RegressionResult = Result[RegressionFigures]

// Regression trains a small network to estimate labels, on each kind of images, and tests it on held-out real ones.
// columns names labels that are numbers (none: all of the synthetic images), kind is AbsoluteError or AngularError.
func Regression(ctx context.Context, o Options, columns []string, kind string) (*RegressionResult, error) {
	v := &values{columns: columns, angular: kind == AngularError}
	if !v.angular && kind != AbsoluteError {
		return nil, exit.Usagef("--error is %q; use %s or %s", kind, AbsoluteError, AngularError)
	}
	t := task{
		name: "regression", metric: "mean_error", quantity: meanError, unit: "units of the labels", labels: v, fill: true,
	}
	if v.angular {
		t.unit = "degrees"
	}
	return compare(ctx, o, t, exam[float32, RegressionFigures]{
		errors: func(ctx context.Context, d, test set, c EstimatorConfig, seed uint64) ([]float32, error) {
			return v.learner().learn(ctx, d, test, c, seed)
		},
		blank: v.blank,
		add: func(f *RegressionFigures, outputs []float32, test set, estimators int) (string, bool) {
			mean, r2 := v.add(f, v.labels(outputs), test, estimators)
			return fmt.Sprintf("mean error %.4g, R2 %.3f", mean, r2), finite(mean, r2)
		},
		finish: func(f *RegressionFigures, seeds int) {
			f.MeanError, f.CI95 = interval(f.PerSeed, seeds)
			f.R2, f.R2CI95 = interval(f.PerSeedR2, seeds)
		},
		costs: func(f *RegressionFigures) []float64 { return f.PerSeed },
	})
}

// blank returns the figures of no estimator.
func (v *values) blank() *RegressionFigures {
	f := &RegressionFigures{}
	for _, name := range v.columns {
		if !v.angular {
			f.PerLabel = append(f.PerLabel, LabelFigure{Name: name})
		}
	}
	return f
}

// add counts the estimates of one of several seeds and returns their mean error and R2.
func (v *values) add(f *RegressionFigures, estimates []float32, test set, seeds int) (mean, r2 float64) {
	absolute, residual, total := v.sums(estimates, test)
	if v.angular {
		mean, r2 = v.meanAngle(estimates, test), 1-sum(residual)/sum(total)
	}
	for k := range f.PerLabel {
		label, labels := 1-residual[k]/total[k], float64(len(v.columns))
		f.PerLabel[k].MeanAbsolute += absolute[k] / float64(seeds)
		f.PerLabel[k].R2 += label / float64(seeds)
		mean, r2 = mean+absolute[k]/labels, r2+label/labels
	}
	f.PerSeed, f.PerSeedR2 = append(f.PerSeed, mean), append(f.PerSeedR2, r2)
	return mean, r2
}

// sums returns, per label, the mean absolute error of the estimates of all images of d, the residual sum of squares and
// the total one.
func (v *values) sums(estimates []float32, d set) (absolute, residual, total []float64) {
	k := len(v.columns)
	absolute, residual, total = make([]float64, k), make([]float64, k), make([]float64, k)
	means, _ := spreadOf(d.Batch, k)
	for i, x := range d.Labels {
		off, centered := float64(estimates[i]-x), float64(x)-means[i%k]
		absolute[i%k] += math.Abs(off) / float64(d.N)
		residual[i%k] += off * off
		total[i%k] += centered * centered
	}
	return absolute, residual, total
}

// meanAngle returns the mean angle between estimates and labels, in degrees.
func (v *values) meanAngle(estimates []float32, d set) float64 {
	k, total := len(v.columns), 0.0
	for i := range d.N {
		total += angle(estimates[i*k:(i+1)*k], d.Label(i))
	}
	return total / float64(d.N)
}

// learner returns what the network learns: directions as they are, other labels scaled.
func (v *values) learner() learner {
	return learner{
		what: "regression", outputs: len(v.columns),
		loss: func(s *cgo.Scope, outputs cgo.Tensor, d set, index []int, device cgo.Device) cgo.Tensor {
			return v.apart(s, outputs, v.scaled(s, d, index, device), len(index), device)
		},
		agree: v.apart,
		error: func(outputs []float32, d set) float64 {
			if v.angular {
				return v.meanAngle(v.labels(outputs), d)
			}
			absolute, _, _ := v.sums(v.labels(outputs), d)
			for k := range absolute {
				absolute[k] /= v.deviation[k]
			}
			return sum(absolute)
		},
	}
}

// apart returns the loss of outputs against truth, both (n, labels).
func (v *values) apart(s *cgo.Scope, outputs, truth cgo.Tensor, n int, _ cgo.Device) cgo.Tensor {
	if v.angular {
		return models.LossGaze(s, outputs, truth, n)
	}
	return models.LossAbsolute(s, outputs, truth, n, len(v.columns))
}

// scaled copies the labels of the chosen images to the device, as the network is to return them: (n, labels).
func (v *values) scaled(s *cgo.Scope, d set, index []int, device cgo.Device) cgo.Tensor {
	truth := make([]float32, 0, len(index)*len(v.columns))
	for _, i := range index {
		for k, x := range d.Label(i) {
			if !v.angular {
				x = float32((float64(x) - v.mean[k]) / v.deviation[k])
			}
			truth = append(truth, x)
		}
	}
	return s.From(truth, device, int64(len(index)), int64(len(v.columns)))
}

// labels returns the labels that the network's outputs stand for; directions as unit vectors.
func (v *values) labels(outputs []float32) []float32 {
	labels, k := make([]float32, len(outputs)), len(v.columns)
	for i, x := range outputs {
		labels[i] = x
		if !v.angular {
			labels[i] = float32(float64(x)*v.deviation[i%k] + v.mean[i%k])
		}
	}
	for i := 0; v.angular && i < len(labels); i += k {
		unit(labels[i : i+k])
	}
	return labels
}
