package sweep

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"simgan/trainer/rundir"
	curves "simgan/trainer/rundir/chart"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// content holds what sweep.html shows.
type content struct {
	Name, Method, Objective, Direction string
	Started, Planned, Done             int
	Keys                               []string
	Best                               *row // of the finished trials
	Resting                            *row // the best of those that rest, if none has finished
	Rows                               []row
	Width                              float64 // of the parallel coordinates
	Axes                               []axis
	Lines                              []polyline // one per trial
	Charts                             []chart
}

type row struct {
	Number                    int
	Status, Value, Steps, Run string
	Seconds                   string
	Settings                  []Setting
	Problem                   string
	Best                      bool
	Shade                     float64 // 100 the best to 0 the worst, in percent
}

// axis is a vertical line of the parallel coordinates.
type axis struct {
	X     float64
	Name  string
	Ticks []tick
	Log   bool // the objective's: values are drawn on a logarithmic scale
}

func (a axis) height(value, low, high float64) float64 {
	if a.Log {
		value, low, high = math.Log(value), math.Log(low), math.Log(high)
	}
	return height(value, low, high)
}

type tick struct {
	Y    float64
	Text string
}

// polyline is one trial in a plot.
type polyline struct {
	Number int
	Class  string // best, done, stopped or lost
	Shade  float64
	Points string
	Words  string // a tooltip
}

// Sizes of the plots in SVG units.
const (
	axisGap, axisTop, axisHeight = 190.0, 34.0, 240.0
	chartWidth, chartHeight      = 300.0, 140.0
	chartPoints                  = 120 // of a curve at most
)

// page returns sweep.html: parallel coordinates and curves of all trials, and a table, in one self-contained file.
func (s *Sweep) page(trials []*Trial) ([]byte, error) {
	c := content{
		Name: s.name(), Method: s.Method, Objective: s.Objective.name(), Direction: s.Objective.Direction,
		Started: len(trials), Planned: s.Trials,
	}
	for _, p := range s.Parameters {
		c.Keys = append(c.Keys, p.Key)
	}
	c.Rows = s.rows(trials)
	for i := range c.Rows {
		if c.Rows[i].Best {
			c.Best = &c.Rows[i]
		}
		if c.Rows[i].Status == Done {
			c.Done++
		}
	}
	if resting := s.bestResting(trials); c.Best == nil && resting != nil {
		i := slices.Index(trials, resting)
		c.Resting = &c.Rows[i]
	}
	s.coordinates(&c, trials)
	var err error
	if c.Charts, err = s.charts(trials, c.Rows); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = pageTemplate.Execute(&text, c)
	return text.Bytes(), err
}

// rows returns the rows of the table, with the rank of each trial.
func (s *Sweep) rows(trials []*Trial) []row {
	rank := s.shades(trials)
	best := s.best(trials)
	rows := make([]row, len(trials))
	for i, t := range trials {
		rows[i] = row{
			Number: t.Number, Status: t.Status, Settings: t.Settings, Run: t.link(), Problem: t.Problem,
			Seconds: fmt.Sprintf("%.0f", t.Seconds), Best: t == best, Shade: rank[t.Number],
		}
		if value, at, ok := t.latest(s.steps(t)); ok {
			rows[i].Value, rows[i].Steps = fmt.Sprintf("%.5g", value), fmt.Sprint(at)
		}
	}
	return rows
}

// link returns where the page leads for a trial: to its own page, or to its folder if it has none yet.
func (t *Trial) link() string {
	folder := filepath.Base(t.dir)
	if exists(t.dir, rundir.ReportFile) {
		return folder + "/" + rundir.ReportFile
	}
	return folder + "/"
}

// shades ranks the finished trials among themselves, and separately the others with a value, those that trained longer
// first.
func (s *Sweep) shades(trials []*Trial) map[int]float64 {
	var finished, stopped []*Trial
	for _, t := range trials {
		if t.Value != nil {
			finished = append(finished, t)
		} else if len(t.Rungs) > 0 {
			stopped = append(stopped, t)
		}
	}
	shades := map[int]float64{}
	for _, ranked := range [][]*Trial{finished, stopped} {
		sort.SliceStable(ranked, func(i, j int) bool {
			a, x, _ := ranked[i].latest(0)
			b, y, _ := ranked[j].latest(0)
			if x != y {
				return x > y
			}
			return s.Objective.cost(a) < s.Objective.cost(b)
		})
		for i, t := range ranked {
			shades[t.Number] = 100 * (1 - float64(i)/float64(max(1, len(ranked)-1)))
		}
	}
	return shades
}

// coordinates draws the parallel coordinates: an axis per parameter, and one of the objective. Trials that rest at a
// rung reach it with their value there; their lines are dashed, because such values do not compare with final ones.
func (s *Sweep) coordinates(c *content, trials []*Trial) {
	c.Width = axisGap*float64(len(s.Parameters)) + 160
	for i, p := range s.Parameters {
		c.Axes = append(c.Axes, p.axis(80+axisGap*float64(i)))
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, t := range trials {
		if v, _, ok := t.latest(0); ok {
			low, high = min(low, v), max(high, v)
		}
	}
	last := axis{X: 80 + axisGap*float64(len(s.Parameters)), Name: s.Objective.name()}
	if low <= high {
		shown := curves.Axes{Low: low, High: high}
		ticks := shown.Fit()
		low, high, last.Log = shown.Low, shown.High, shown.Log
		for _, v := range ticks {
			last.Ticks = append(last.Ticks, tick{last.height(v, low, high), fmt.Sprintf("%.4g", v)})
		}
	}
	c.Axes = append(c.Axes, last)
	for i, t := range trials {
		var points strings.Builder
		for k, p := range s.Parameters {
			place, ok := p.place(t.Settings[k].Value)
			if !ok {
				continue
			}
			from, to := p.ends()
			fmt.Fprintf(&points, "%.1f,%.1f ", c.Axes[k].X, height(place, from, to))
		}
		if v, _, ok := t.latest(0); ok {
			fmt.Fprintf(&points, "%.1f,%.1f", last.X, last.height(v, low, high))
		}
		c.Lines = append(c.Lines, newPolyline(c.Rows[i], points.String()))
	}
	bestLast(c.Lines)
}

// bestLast draws the best trials over the others.
func bestLast(lines []polyline) {
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].Shade < lines[j].Shade })
}

func newPolyline(r row, points string) polyline {
	class := map[string]string{Done: "done", Stopped: "stopped"}[r.Status]
	switch {
	case r.Best:
		class = "best"
	case class == "":
		class = "lost"
	}
	words := fmt.Sprintf("trial %d, %s: %s", r.Number, r.Status, describe(r.Settings))
	if r.Value != "" {
		words += fmt.Sprintf(" → %s at step %s", r.Value, r.Steps)
	}
	return polyline{r.Number, class, r.Shade, points, words}
}

// ends returns the range of the parameter's axis.
func (p Parameter) ends() (low, high float64) {
	switch p.Kind {
	case kindChoices:
		return 0, float64(len(p.Choices) - 1)
	case kindInt:
		return p.Low, p.High
	}
	return p.span()
}

// mostTicks is the largest number of choices for which an axis names each.
const mostTicks = 12

func (p Parameter) axis(x float64) axis {
	a := axis{X: x, Name: p.Key}
	low, high := p.ends()
	if p.Kind == kindChoices && len(p.Choices) <= mostTicks {
		for i, choice := range p.Choices {
			a.Ticks = append(a.Ticks, tick{height(float64(i), low, high), choice})
		}
		return a
	}
	for _, place := range []float64{high, (low + high) / 2, low} {
		text := p.text(place)
		if p.Kind == kindLogUniform {
			text = fmt.Sprintf("%.3g", math.Exp(place))
		}
		a.Ticks = append(a.Ticks, tick{height(place, low, high), text})
	}
	return a
}

// height returns the y of a value on an axis, with high values at the top.
func height(value, low, high float64) float64 {
	if high <= low {
		return axisTop + axisHeight/2
	}
	return axisTop + axisHeight*(1-(value-low)/(high-low))
}
