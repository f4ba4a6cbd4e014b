package eval

import (
	"strings"
	"testing"
)

// The table shows an interval where there is one, from 0 on for errors; one seed has none.
func TestIntervalsInTheTable(t *testing.T) {
	for _, c := range []struct {
		seeds  []uint64
		figure RegressionFigures
		want   []string
	}{
		{[]uint64{1, 2},
			RegressionFigures{MeanError: 2, CI95: [2]float64{-0.5, 4.5}, R2: 0.5, R2CI95: [2]float64{0.25, 0.75}},
			[]string{"       2 (0 to 4.5)   R2 0.500 (0.250 to 0.750)\n"}},
		{[]uint64{1}, RegressionFigures{MeanError: 2, CI95: [2]float64{2, 2}, R2: 0.5, R2CI95: [2]float64{0.5, 0.5}},
			[]string{"       2   R2 0.500\n", "one seed, so no", "\nR2               1: perfect", "\nA.\nB.\n"}},
	} {
		r := RegressionResult{
			Task: "regression", Unit: "cm", Seeds: c.seeds, Synthetic: &c.figure, Refined: &c.figure,
			Reading: []string{"A.", "B."},
		}
		for _, want := range append(c.want, "trained on       mean error in cm, R2; ") {
			if got := r.Table(); !strings.Contains(got, want) {
				t.Errorf("%d seeds: no %q in\n%s", len(c.seeds), want, got)
			}
		}
	}
}
