package eval

import (
	"errors"
	"math"
	"slices"
)

// share returns the mean share of the gap over the seeds, each of which has one. It is nil if some seed has no gap
// above 0.
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

// errDiverged is the error of figures that are not finite.
var errDiverged = errors.New("its errors are not finite: it diverged (lower --lr), " +
	"or a label of the test images is a vector of length 0")

// students holds the 97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom.
var students = []float64{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262}

// interval returns the mean and its 95 % confidence interval. The interval of a single value is that value.
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
