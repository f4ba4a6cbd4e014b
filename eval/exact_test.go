package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Values of scipy.stats.binomtest(k, n).proportion_ci(method="exact"); of 0 of 10 the bound is 1 - 0.025^(1/10).
func TestExactInterval(t *testing.T) {
	for _, c := range []struct {
		hits, n   int
		low, high float64
	}{{0, 10, 0, 0.30850}, {10, 10, 0.69150, 1}, {8, 10, 0.44390, 0.97479}, {500, 1000, 0.46855, 0.53145}} {
		ci := exactInterval(c.hits, c.n)
		if math.Abs(ci[0]-c.low) > 1e-5 || math.Abs(ci[1]-c.high) > 1e-5 {
			t.Errorf("%d of %d: %v, want %v to %v", c.hits, c.n, ci, c.low, c.high)
		}
	}
}

// By hand, for numbers and the kernel (xy + 1)^3: of the 12 pairs of 0, 2, 0, 2 two have 1, two 125 and eight 1; those of
// 1, 1, 1, 1 have 8; between them it is 1 or 27. The estimate is 260/12 + 8 - 2 * 14.
func TestKIDByHand(t *testing.T) {
	value, _ := kid([][]float64{{0}, {2}, {0}, {2}}, [][]float64{{1}, {1}, {1}, {1}})
	if math.Abs(value-(260.0/12+8-28)) > 1e-12 {
		t.Errorf("KID %v, want %v", value, 260.0/12-20)
	}
}

// The interval holds 0 about 95 times of 100 for samples of one distribution, and not for samples apart.
func TestKIDInterval(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(shift float64) (sample [][]float64) {
		for range 100 {
			sample = append(sample, []float64{random.NormFloat64() + shift, random.NormFloat64()})
		}
		return sample
	}
	held, apart := 0, 0
	for range 100 {
		if _, ci := kid(draw(0), draw(0)); ci[0] <= 0 && 0 <= ci[1] {
			held++
		}
		if value, ci := kid(draw(0), draw(1.5)); ci[0] > 0 && value > 0 {
			apart++
		}
	}
	if held < 90 || apart < 95 {
		t.Errorf("0 was in %d intervals of 100 of one distribution, below %d of two", held, apart)
	}
}
