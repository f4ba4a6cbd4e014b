package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

// 1, 2, 6 have mean 3 and deviation sqrt 7; t for 2 degrees of freedom is 4.3027. The three are seeds of one refiner,
// or refiners of one seed each.
func TestInterval(t *testing.T) {
	half := 4.30265 * math.Sqrt(7.0/3)
	for _, seeds := range []int{3, 1} {
		m, ci := interval([]float64{1, 2, 6}, seeds)
		if m != 3 || math.Abs(ci[0]-(3-half)) > 1e-4 || math.Abs(ci[1]-(3+half)) > 1e-4 {
			t.Errorf("%d seeds: mean %v, interval %v", seeds, m, ci)
		}
	}
	if m, ci := interval([]float64{4}, 1); m != 4 || ci != [2]float64{4, 4} {
		t.Errorf("one value: %v %v", m, ci)
	}
}

// Refiners 0, 6 and seeds +0, +2 without anything else: variance of the mean is 18/2 + 2/2 = 10, and Satterthwaite's
// degrees of freedom are 100 / (81 + 1).
func TestIntervalOverRefinersAndSeeds(t *testing.T) {
	m, ci := interval([]float64{0, 2, 6, 8}, 2)
	if want := 10 * math.Sqrt(10); m != 4 || (ci[1]-ci[0])/2 < want*0.8 || (ci[1]-ci[0])/2 > want*1.2 {
		t.Errorf("mean %v, interval %v, want about 4 +- %v", m, ci, want)
	}
}

// The interval holds the true mean about 95 times of 100, where refiners, seeds and chance all vary.
func TestIntervalCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const tries, refiners, seeds = 2000, 5, 3
	held := 0
	for range tries {
		var bySeed [seeds]float64
		for s := range bySeed {
			bySeed[s] = 0.5 * r.NormFloat64()
		}
		var values []float64
		for range refiners {
			own := r.NormFloat64()
			for s := range seeds {
				values = append(values, own+bySeed[s]+0.5*r.NormFloat64())
			}
		}
		if _, ci := interval(values, seeds); ci[0] <= 0 && 0 <= ci[1] {
			held++
		}
	}
	if share := float64(held) / tries; share < 0.92 || share > 0.985 {
		t.Errorf("the interval held the mean in %.1f %% of cases", 100*share)
	}
}
