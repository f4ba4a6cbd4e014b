package turing

import (
	"fmt"

	"gonum.org/v1/gonum/stat/distuv"
)

// Result holds the figures of one or several tests.
type Result struct {
	Answers int `json:"answers"`
	Correct int `json:"correct"`
	// PValue is the probability that guessing gets as many answers right or more: one-sided binomial test.
	PValue float64 `json:"p_value"`
	// Confusion counts the answers by truth, then by what was said.
	Confusion map[string]map[string]int `json:"confusion"`
}

// result counts the answers so far.
func (t *Test) result() Result {
	c := t.Choices()
	r := Result{Confusion: map[string]map[string]int{c[0]: {c[0]: 0, c[1]: 0}, c[1]: {c[0]: 0, c[1]: 0}}}
	for i, a := range t.Answers {
		r.Confusion[t.Questions[i].Truth][a.Said]++
	}
	return r.counted()
}

// counted returns the result with the figures that follow from the confusion table.
func (r Result) counted() Result {
	r.Answers, r.Correct = 0, 0
	for truth, row := range r.Confusion {
		for said, n := range row {
			r.Answers += n
			if said == truth {
				r.Correct += n
			}
		}
	}
	r.PValue = atLeast(r.Correct, r.Answers)
	return r
}

// plus returns the figures of two results together. They must be of the same kind of test.
func (r Result) plus(o Result) Result {
	sum := Result{Confusion: map[string]map[string]int{}}
	for truth, row := range r.Confusion {
		sum.Confusion[truth] = map[string]int{}
		for said, n := range row {
			sum.Confusion[truth][said] = n + o.Confusion[truth][said]
		}
	}
	return sum.counted()
}

// atLeast returns the probability of k or more heads in n throws of a coin.
func atLeast(k, n int) float64 {
	if k <= 0 {
		return 1
	}
	return distuv.Binomial{N: float64(n), P: 0.5}.Survival(float64(k - 1))
}

// level is the p-value below which images count as told apart.
const level = 0.05

// String returns the result as a sentence.
func (r Result) String() string {
	text := fmt.Sprintf("%d of %d answers are correct. Guessing gets as many or more with probability %.3g "+
		"(one-sided binomial test): ", r.Correct, r.Answers, r.PValue)
	if r.PValue < level {
		return text + "the images can be told apart."
	}
	return text + "these answers do not show that the images can be told apart."
}
