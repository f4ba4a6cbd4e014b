package sweep

import (
	"math"
	"math/rand/v2"
	"sort"
	"strconv"
	"testing"
)

// bowl has its lowest value, 0, at x = 0.3, y = 0.001, k = 2.
func bowl(t *testing.T, parameters []Parameter, places []float64) float64 {
	t.Helper()
	v := make([]float64, len(places))
	for i, p := range parameters {
		var err error
		if v[i], err = strconv.ParseFloat(p.text(places[i]), 64); err != nil {
			t.Fatal(err)
		}
	}
	l, d := math.Log10(v[1])+3, v[2]-2
	return 10*(v[0]-0.3)*(v[0]-0.3) + l*l + 0.3*d*d
}

// After 50 trials TPE is far nearer to the lowest point than random search. Medians of the best value of this function
// over many seeds: random 0.38, goptuna 0.9.0 0.105, Optuna 5.0 0.025, ours 0.046 (run once beside each other,
// 2026-11-24).
func TestTPEBeatsRandomSearch(t *testing.T) {
	parameters := []Parameter{
		{Kind: kindUniform, High: 1}, {Kind: kindLogUniform, Low: 1e-5, High: 1}, {Kind: kindInt, Low: 1, High: 8},
	}
	const seeds, trials = 60, 50
	best := map[string][]float64{}
	for _, method := range []string{"random", "tpe"} {
		for seed := range uint64(seeds) {
			lowest := math.Inf(1)
			var seen []observation
			for k := range uint64(trials) {
				given := seen
				if method == "random" {
					given = nil
				}
				places := tpe(rand.New(rand.NewPCG(seed, k)), parameters, given)
				value := bowl(t, parameters, places)
				seen = append(seen, observation{places, 1, value})
				lowest = min(lowest, value)
			}
			best[method] = append(best[method], lowest)
		}
		sort.Float64s(best[method])
	}
	random, estimator := best["random"][seeds/2], best["tpe"][seeds/2]
	t.Logf("median best: random %.4f, TPE %.4f", random, estimator)
	if estimator > random/4 {
		t.Errorf("median best of TPE %.4f, of random search %.4f", estimator, random)
	}
}
