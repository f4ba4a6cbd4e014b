package twosample

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// folds is the number of parts of which each in turn is held out. ridge is the penalty on squared weights, as a share
// of the number of images that are learned from; features have a deviation of 1.
const folds, ridge = 4, 1.0

// explained returns the share of the labels' variance, -1 for a and 1 for b, that ridge regression on the features
// explains in the held-out folds. a and b have the same number of vectors. A fold has neighbours of the same set, so that
// the frames of a film are seldom on both sides.
func explained(a, b [][]float64) float64 {
	n := len(a)
	x := standardised(append(append([][]float64(nil), a...), b...))
	parts, left := min(folds, n), 0.0
	for part := range parts {
		held := func(i int) bool { return i%n*parts/n == part }
		weights := learn(x, n, held)
		for i, features := range x {
			if held(i) {
				off := dot(weights, features) - label(i, n)
				left += off * off
			}
		}
	}
	return 1 - left/float64(len(x))
}

// label returns the label of vector i: the first n are of one set, the others of the real one.
func label(i, n int) float64 {
	if i < n {
		return -1
	}
	return 1
}

// learn returns the weights of the ridge regression on the vectors that are not held.
func learn(x [][]float64, n int, held func(i int) bool) []float64 {
	size := len(x[0])
	gram, right, count := mat.NewSymDense(size, nil), mat.NewVecDense(size, nil), 0.0
	for i, features := range x {
		if held(i) {
			continue
		}
		v := mat.NewVecDense(size, features)
		gram.SymRankOne(gram, 1, v)
		right.AddScaledVec(right, label(i, n), v)
		count++
	}
	for k := range size {
		gram.SetSym(k, k, gram.At(k, k)+ridge*max(count, 1))
	}
	var cholesky mat.Cholesky
	weights := mat.NewVecDense(size, nil)
	if !cholesky.Factorize(gram) || cholesky.SolveVecTo(weights, right) != nil {
		return make([]float64, size) // of finite features gram is positive definite; of others nothing is learned
	}
	return weights.RawVector().Data
}

// tiny is the squared relative deviation below which a feature is constant: float32 has no more digits.
const tiny = 1e-14

// standardised returns the vectors with each feature's mean moved to 0 and its deviation to 1. A constant feature
// becomes 0.
func standardised(x [][]float64) [][]float64 {
	n, size := float64(len(x)), len(x[0])
	mean, square := make([]float64, size), make([]float64, size)
	for _, features := range x {
		for k, v := range features {
			mean[k] += v / n
		}
	}
	for _, features := range x {
		for k, v := range features {
			square[k] += (v - mean[k]) * (v - mean[k]) / n
		}
	}
	out := make([][]float64, len(x))
	for i, features := range x {
		out[i] = make([]float64, size)
		for k, v := range features {
			if square[k] > tiny*mean[k]*mean[k] {
				out[i][k] = (v - mean[k]) / math.Sqrt(square[k])
			}
		}
	}
	return out
}

func dot(a, b []float64) (sum float64) {
	for k, v := range a {
		sum += v * b[k]
	}
	return sum
}
