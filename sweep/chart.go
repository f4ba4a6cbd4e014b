package sweep

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"simgan/trainer/config"
	"simgan/trainer/rundir"
	curves "simgan/trainer/rundir/chart"
)

// chart is a metric over the steps, a line per trial.
type chart struct {
	Title, Last string
	Ticks       []tick
	Lines       []polyline
}

// charts draws metrics over the steps, a line per trial: the objective's, and the losses that show how a SimGAN does.
func (s *Sweep) charts(trials []*Trial, rows []row) ([]chart, error) {
	records := make([][]rundir.Record, len(trials))
	for i, t := range trials {
		var err error
		records[i], _, err = rundir.ReadMetrics(filepath.Join(t.dir, rundir.MetricsFile))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	keys := []string{"l_reg", "l_real", "L_D"}
	if m := s.Objective.Metric; m != "" && s.Objective.Phase == config.PhaseTrain && !slices.Contains(keys, m) {
		keys = append([]string{m}, keys...)
	}
	var charts []chart
	for _, key := range keys {
		if c, ok := drawChart(key, records, rows); ok {
			charts = append(charts, c)
		}
	}
	return charts, nil
}

// drawChart draws a metric of all trials. ok is false if no trial has it.
func drawChart(key string, records [][]rundir.Record, rows []row) (c chart, ok bool) {
	series := make([][]curves.Point, len(records))
	for i := range records {
		series[i] = curves.Points(records[i], config.PhaseTrain, key)
	}
	axes := curves.Span(chartWidth, chartHeight, series...)
	if axes.Low > axes.High {
		return chart{}, false
	}
	c = chart{Title: key, Last: fmt.Sprintf("%.0f", axes.Last)}
	for _, v := range axes.Fit() {
		c.Ticks = append(c.Ticks, tick{axes.Y(v), fmt.Sprintf("%.4g", v)})
	}
	if axes.Log {
		c.Title = key + ", logarithmic"
	}
	for i, points := range series {
		if len(points) > 0 {
			c.Lines = append(c.Lines, newPolyline(rows[i], axes.Polyline(points, chartPoints)))
		}
	}
	bestLast(c.Lines)
	return c, true
}
