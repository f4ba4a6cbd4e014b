package eval

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// share returns the share of the gap between from and to that refined closes: that of the means over all estimators.
// The values of refined are, for each refiner, those of the estimators' seeds; each is paired with the values of from
// and to of the same seed. The interval is that of the share as a linear function of the values near their means. share
// is nil if some seed has no gap above 0.
func share(from, refined, to []float64, seeds int) *Share {
	for seed := range seeds {
		if !(from[seed]-to[seed] > 0) {
			return nil
		}
	}
	f, gap := mean(from), mean(from)-mean(to)
	closed := (f - mean(refined)) / gap
	near := make([]float64, len(refined))
	for i, r := range refined {
		f, t := from[i%seeds], to[i%seeds]
		near[i] = closed + ((f-r)-closed*(f-t))/gap
	}
	_, ci := interval(near, seeds)
	if !finite(closed, ci[0], ci[1]) {
		return nil
	}
	return &Share{closed, ci}
}

func finite(values ...float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// errDiverged is the error of figures that are not finite.
var errDiverged = errors.New("its errors are not finite: it diverged (lower --lr), " +
	"or a label of the test images is a vector of length 0")

// finiteMean returns the mean of the values that are finite; NaN if none is.
func finiteMean(values []float64) float64 {
	return mean(slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !finite(v) }))
}

func mean(values []float64) float64 { return sum(values) / float64(len(values)) }

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// interval returns the mean of the values and its 95 % confidence interval. The values are those of the estimators'
// seeds, for one refiner after the other. Both are random: the variance of the mean is that of a two-way layout, and
// Student's t has Satterthwaite's degrees of freedom. With one refiner the interval is over seeds alone; with one seed,
// over refiners alone. The interval of a single value is that value.
func interval(values []float64, seeds int) (m float64, ci [2]float64) {
	refiners := len(values) / seeds
	m = mean(values)
	byRefiner, bySeed := make([]float64, refiners), make([]float64, seeds)
	for i, v := range values {
		byRefiner[i/seeds] += v / float64(seeds)
		bySeed[i%seeds] += v / float64(refiners)
	}
	rest := 0.0 // sum of squares that neither explains
	for i, v := range values {
		r := v - byRefiner[i/seeds] - bySeed[i%seeds] + m
		rest += r * r
	}
	restFreedom := float64((refiners - 1) * (seeds - 1))
	parts := []part{ofMeans(byRefiner, m), ofMeans(bySeed, m)}
	if restFreedom > 0 {
		// Both means' variances contain it; it counts once.
		parts = append(parts, part{-rest / restFreedom / float64(len(values)), restFreedom})
	}
	variance, squares := 0.0, 0.0
	for _, p := range parts {
		variance += p.variance
		if p.freedom > 0 {
			squares += p.variance * p.variance / p.freedom
		}
	}
	variance = max(variance, parts[0].variance, parts[1].variance)
	if variance == 0 || squares == 0 {
		return m, [2]float64{m, m}
	}
	freedom := max(1, variance*variance/squares)
	half := distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(0.975) * math.Sqrt(variance)
	return m, [2]float64{m - half, m + half}
}

// part is one part of a mean's variance, and its degrees of freedom.
type part struct{ variance, freedom float64 }

// ofMeans returns the part that comes from the spread of the means about m.
func ofMeans(means []float64, m float64) (p part) {
	n := float64(len(means))
	if n < 2 {
		return part{}
	}
	for _, v := range means {
		p.variance += (v - m) * (v - m) / (n - 1) / n
	}
	p.freedom = n - 1
	return p
}
