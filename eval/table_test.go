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
		gap    Share
		want   []string
	}{
		{[]uint64{1, 2},
			RegressionFigures{MeanError: 2, CI95: [2]float64{-0.5, 4.5}, R2: 0.5, R2CI95: [2]float64{0.25, 0.75}},
			Share{0.5, [2]float64{0.25, 0.75}},
			[]string{"       2 (0 to 4.5)   R2 0.500 (0.250 to 0.750)\n", "between synthetic and real (25 to 75 %)\n"}},
		{[]uint64{1}, RegressionFigures{MeanError: 2, CI95: [2]float64{2, 2}, R2: 0.5, R2CI95: [2]float64{0.5, 0.5}},
			Share{0.5, [2]float64{0.5, 0.5}},
			[]string{"       2   R2 0.500\n", "closed 50 % of the gap between synthetic and real\n", "one seed, so no"}},
	} {
		r := RegressionResult{
			Task: "regression", Seeds: c.seeds, Synthetic: &c.figure, Refined: &c.figure, Real: &c.figure, GapClosed: &c.gap,
		}
		for _, want := range c.want {
			if got := r.Table(); !strings.Contains(got, want) {
				t.Errorf("%d seeds: no %q in\n%s", len(c.seeds), want, got)
			}
		}
	}
}
