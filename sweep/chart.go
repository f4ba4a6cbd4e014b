package sweep

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"simgan/trainer"
)

// chart is a metric over the steps, a line a trial.
type chart struct {
	Title, Low, High, Last string
	Lines                  []polyline
}

// charts draws metrics over the steps, a line a trial: the objective's, and the losses that tell how a SimGAN does.
func (s *Sweep) charts(trials []*Trial, rows []row) ([]chart, error) {
	records := make([][]map[string]any, len(trials))
	for i, t := range trials {
		var err error
		records[i], err = readMetrics(filepath.Join(t.dir, "metrics.jsonl"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	keys := []string{"l_reg", "l_real", "L_D"}
	if m := s.Objective.Metric; m != "" && s.Objective.Phase == trainer.PhaseTrain && !slices.Contains(keys, m) {
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

func drawChart(key string, records [][]map[string]any, rows []row) (chart, bool) {
	series := make([][][2]float64, len(records))
	low, high, last := math.Inf(1), math.Inf(-1), 1.0
	for i := range records {
		for _, r := range records[i] {
			step, _ := r["step"].(float64)
			if v, ok := r[key].(float64); ok && r["phase"] == trainer.PhaseTrain {
				series[i] = append(series[i], [2]float64{step, v})
				low, high, last = min(low, v), max(high, v), max(last, step)
			}
		}
	}
	if low > high {
		return chart{}, false
	}
	c := chart{Title: key, Low: fmt.Sprintf("%.3g", low), High: fmt.Sprintf("%.3g", high), Last: fmt.Sprintf("%.0f", last)}
	scale := func(v float64) float64 { return v }
	if low > 0 && high > 20*low {
		c.Title, scale = key+", logarithmic", math.Log
	}
	from, to := scale(low), scale(high)
	for i, points := range series {
		var text strings.Builder
		for k, p := range points {
			x, y := p[0]/last*chartWidth, chartHeight*(1-(scale(p[1])-from)/max(to-from, 1e-9))
			if len(points) == 1 { // a dash: a line needs two points
				fmt.Fprintf(&text, "%.1f,%.1f ", x-3, y)
			}
			if stride := 1 + len(points)/chartPoints; k%stride == 0 || k == len(points)-1 {
				fmt.Fprintf(&text, "%.1f,%.1f ", x, y)
			}
		}
		if text.Len() > 0 {
			c.Lines = append(c.Lines, newPolyline(rows[i], text.String()))
		}
	}
	bestLast(c.Lines)
	return c, true
}
