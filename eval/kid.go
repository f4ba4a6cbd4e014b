package eval

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// kidBlocks is the most blocks that kid's samples are cut into for the interval. fewestKID leaves a pair of each sample
// when one of two blocks is left out.
const kidBlocks, fewestKID = 20, 4

// kid returns the kernel distance of two samples of n feature vectors each, n >= fewestKID, and its 95 % interval: the
// unbiased estimate of the squared maximum mean discrepancy with the kernel (x.y/d + 1)^3 (KID, Binkowski et al. 2018).
// It is about 0, and may be negative, if both samples come from one distribution. The interval is Student's t with the
// variance of a jackknife that leaves out one block of both samples at a time.
func kid(a, b [][]float64) (value float64, ci [2]float64) {
	n := min(len(a), len(b))
	blocks := min(kidBlocks, n/2)
	block := func(i int) int { return i * blocks / n }
	within, between := newBlockSums(blocks), newBlockSums(blocks)
	for i := range n {
		for j := range n {
			if i != j {
				within.add(block(i), block(j), cubic(a[i], a[j])+cubic(b[i], b[j]))
			}
			between.add(block(i), block(j), cubic(a[i], b[j]))
		}
	}
	estimate := func(left int) float64 { return within.mean(left) - 2*between.mean(left) }
	value = estimate(-1)
	without, mean := make([]float64, blocks), 0.0
	for k := range without {
		without[k] = estimate(k)
		mean += without[k] / float64(blocks)
	}
	squares := 0.0
	for _, v := range without {
		squares += (v - mean) * (v - mean)
	}
	freedom := float64(blocks - 1)
	half := distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(0.975) * math.Sqrt(squares*freedom/float64(blocks))
	return value, [2]float64{value - half, value + half}
}

// cubic is KID's kernel.
func cubic(x, y []float64) float64 {
	dot := 0.0
	for k, v := range x {
		dot += v * y[k]
	}
	v := dot/float64(len(x)) + 1
	return v * v * v
}

// blockSums sums values of pairs by the blocks that their members are in.
type blockSums struct{ sum, count [][]float64 }

func newBlockSums(blocks int) blockSums {
	s := blockSums{make([][]float64, blocks), make([][]float64, blocks)}
	for k := range blocks {
		s.sum[k], s.count[k] = make([]float64, blocks), make([]float64, blocks)
	}
	return s
}

func (s blockSums) add(i, j int, value float64) {
	s.sum[i][j] += value
	s.count[i][j]++
}

// mean returns the mean over all pairs but those with a member in the block left; -1: over all pairs.
func (s blockSums) mean(left int) float64 {
	sum, count := 0.0, 0.0
	for i := range s.sum {
		for j := range s.sum[i] {
			if i != left && j != left {
				sum, count = sum+s.sum[i][j], count+s.count[i][j]
			}
		}
	}
	return sum / count
}
