package report

import (
	"fmt"
	"strings"

	"simgan/trainer"
)

// chart is a line plot in a box of 300 x 120 units.
type chart struct {
	Title  string
	Low    string
	High   string
	Lines  []line
	Steps  string // the last step
	Legend bool
}

type line struct {
	Name   string
	Points string // of an SVG polyline
	Class  int
}

const chartWidth, chartHeight = 300.0, 120.0

// charts draws the losses of Algorithm 1 over its steps, and what D gets right.
func charts(records []map[string]any) []chart {
	var out []chart
	for _, c := range []struct {
		title string
		phase string
		keys  []string
	}{
		{"Pretraining of R: l_reg", trainer.PhaseRefiner, []string{"l_reg"}},
		{"Pretraining of D: L_D", trainer.PhaseDiscriminator, []string{"L_D"}},
		{"L_R = l_real + l_reg, equation (4)", trainer.PhaseTrain, []string{"L_R"}},
		{"l_real: R against D, equation (3)", trainer.PhaseTrain, []string{"l_real"}},
		{"l_reg: distance of refined and synthetic", trainer.PhaseTrain, []string{"l_reg"}},
		{"L_D, equation (2)", trainer.PhaseTrain, []string{"L_D"}},
		{"Share of patches that D gets right", trainer.PhaseTrain, []string{"d_refined_right", "d_real_right"}},
	} {
		if drawn, ok := draw(c.title, c.phase, c.keys, records); ok {
			out = append(out, drawn)
		}
	}
	return out
}

type point struct{ step, value float64 }

// draw plots the keys of a phase; ok is false where there are not two points.
func draw(title, phase string, keys []string, records []map[string]any) (chart, bool) {
	series := make([][]point, len(keys))
	var all []point
	for _, r := range records {
		step, _ := r["step"].(float64)
		for k, key := range keys {
			if v, ok := r[key].(float64); ok && r["phase"] == phase {
				series[k] = append(series[k], point{step, v})
				all = append(all, point{step, v})
			}
		}
	}
	if len(all) < 2*len(keys) {
		return chart{}, false
	}
	low, high, last := 0.0, all[0].value, 0.0
	for _, p := range all {
		low, high, last = min(low, p.value), max(high, p.value), max(last, p.step)
	}
	if high == low {
		high = low + 1
	}
	c := chart{Title: title, Low: fmt.Sprintf("%.3g", low), High: fmt.Sprintf("%.3g", high), Steps: fmt.Sprintf("%.0f", last), Legend: len(keys) > 1}
	for k, points := range series {
		var text strings.Builder
		for _, p := range points {
			fmt.Fprintf(&text, "%.1f,%.1f ", p.step/max(last, 1)*chartWidth, chartHeight*(1-(p.value-low)/(high-low)))
		}
		c.Lines = append(c.Lines, line{keys[k], text.String(), k})
	}
	return c, true
}
