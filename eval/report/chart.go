package report

import (
	"fmt"

	"simgan/trainer/config"
	"simgan/trainer/rundir"
	curves "simgan/trainer/rundir/chart"
)

// chart is a line plot in a box of chartWidth x chartHeight units.
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

const (
	chartWidth, chartHeight = 300.0, 120.0
	chartPoints             = 1000 // of a curve at most
)

// charts draws the losses of Algorithm 1 over its steps, and the share of patches that D gets right.
func charts(records []rundir.Record) []chart {
	var out []chart
	for _, c := range []struct {
		title string
		phase config.Phase
		keys  []string
	}{
		{"Pretraining of R: l_reg", config.PhaseRefiner, []string{"l_reg"}},
		{"Pretraining of D: L_D", config.PhaseDiscriminator, []string{"L_D"}},
		{"L_R = l_real + l_reg, equation (4)", config.PhaseTrain, []string{"L_R"}},
		{"l_real: R against D, equation (3)", config.PhaseTrain, []string{"l_real"}},
		{"l_reg: distance of refined and synthetic", config.PhaseTrain, []string{"l_reg"}},
		{"L_D, equation (2)", config.PhaseTrain, []string{"L_D"}},
		{"Share of patches that D gets right", config.PhaseTrain, []string{"d_refined_right", "d_real_right"}},
	} {
		if drawn, ok := draw(c.title, c.phase, c.keys, records); ok {
			out = append(out, drawn)
		}
	}
	return out
}

// draw plots the keys of a phase. ok is false unless each has two points.
func draw(title string, phase config.Phase, keys []string, records []rundir.Record) (c chart, ok bool) {
	series := make([][]curves.Point, len(keys))
	for k, key := range keys {
		series[k] = curves.Points(records, phase, key)
		if len(series[k]) < 2 {
			return chart{}, false
		}
	}
	axes := curves.Span(chartWidth, chartHeight, series...)
	axes.Low = min(axes.Low, 0)
	if axes.High == axes.Low {
		axes.High = axes.Low + 1
	}
	c = chart{
		Title: title, Low: fmt.Sprintf("%.3g", axes.Low), High: fmt.Sprintf("%.3g", axes.High),
		Steps: fmt.Sprintf("%.0f", axes.Last), Legend: len(keys) > 1,
	}
	for k, points := range series {
		c.Lines = append(c.Lines, line{keys[k], axes.Polyline(points, chartPoints), k})
	}
	return c, true
}
