package report

import (
	"fmt"

	"simgan/trainer/config"
	curves "simgan/trainer/rundir/chart"
)

// guardsShown is what guards.html shows.
type guardsShown struct {
	Guard  config.Guard
	Charts []chart
}

// showGuards draws the averages that guards judge, beside their limits. nil before Algorithm 1.
func showGuards(r *run) (any, error) {
	g := r.config.Guard
	of := func(names ...string) []series { return seriesOf(r.records, config.PhaseTrain, names...) }
	right := plot{
		title: "Share of patches that D gets right", series: of("d_refined_right", "d_real_right"), share: true,
		marks: []mark{{0.5, "0.5: D guesses"}},
	}
	if g.DWins > 0 {
		right.marks = append(right.marks, mark{g.DWins, fmt.Sprintf("limit %g", g.DWins)})
	}
	change := plot{
		title:  "What R changes, and how far the domains are apart",
		series: of("refined_change", "domain_distance"),
	}
	change.series = append(change.series, series{"limit", scaled(g.Unchanged, change.series[1].points)})
	variance := plot{title: "Variance of a pixel over a batch",
		series: of("refined_variance", "synthetic_variance", "real_variance")}
	variance.series = append(variance.series,
		series{"limit", scaled(g.Collapse, variance.series[1].points, variance.series[2].points)})
	shown := guardsShown{g, charts(right, change, variance)}
	if shown.Charts == nil {
		return nil, nil
	}
	return shown, nil
}

// scaled returns factor times the smallest of the series at each step; nothing if the factor is 0, or the steps differ.
func scaled(factor float64, of ...[]curves.Point) (out []curves.Point) {
	if factor == 0 {
		return nil
	}
	for i, p := range of[0] {
		for _, other := range of[1:] {
			if i >= len(other) || other[i].Step != p.Step {
				return nil
			}
			p.Value = min(p.Value, other[i].Value)
		}
		out = append(out, curves.Point{Step: p.Step, Value: factor * p.Value})
	}
	return out
}
