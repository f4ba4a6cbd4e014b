package eval

import "gonum.org/v1/gonum/stat/distuv"

// exactInterval returns the 95 % confidence interval of a probability of which hits of n independent trials were seen
// (Clopper & Pearson 1934). It holds the true probability at least 95 times of 100.
func exactInterval(hits, n int) (ci [2]float64) {
	ci[1] = 1
	if hits > 0 {
		ci[0] = distuv.Beta{Alpha: float64(hits), Beta: float64(n - hits + 1)}.Quantile(0.025)
	}
	if hits < n {
		ci[1] = distuv.Beta{Alpha: float64(hits + 1), Beta: float64(n - hits)}.Quantile(0.975)
	}
	return ci
}
