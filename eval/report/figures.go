package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"simgan/eval"
	"simgan/trainer/rundir"
	curves "simgan/trainer/rundir/chart"
)

// figuresShown is what figures.html shows.
type figuresShown struct {
	Unit    unit
	Rows    []row
	Ticks   []place // of the axis of the intervals
	Reading string
	Control string // what the control does to the synthetic images; "": there is no control
	Test    string
	Labels  string // the columns that were learned, if the task has none of its own
	Spread  string // what the intervals are over
	Run     string
}

// row is a kind of images that estimators were trained on.
type row struct {
	Name             string
	Mean, Low, High  float64
	Within           string  // the second figure; "": there is none
	Left, Width, Dot float64 // places in the plot, percent
	Steps            string  // of its estimators
}

// place is a number at an axis, in percent of its length.
type place struct {
	At   float64
	Text string
}

// Show returns a figure with as many digits as it needs.
func (r row) Show(v float64) string {
	if math.Abs(v) >= 1 || v == 0 {
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// unit names, for the page, what a task's figures count.
type unit struct {
	Estimator, Sign, Name string
	Within                string // heading of the second figure; "": there is none
	Metric                string // "": mean error
	Higher                bool   // is better
	percent               bool   // the metric is a share in JSON
}

// A task's figures in JSON: the keys of a row's metric and of its second figure.
type keys struct{ mean, within string }

// tasks holds, for each task of eval, the keys of its figures and how the page names them.
var tasks = map[string]struct {
	keys
	unit
}{
	"gaze": {keys{"mean_degrees", "within_7_degrees"},
		unit{Estimator: "gaze estimator", Sign: "\u00b0", Name: "degrees", Within: "within 7\u00b0"}},
	"hand": {keys{"mean_px", "pck_5px"},
		unit{Estimator: "hand estimator", Sign: " px", Name: "pixels", Within: "joints within 5 px"}},
	"regression": {keys{"mean_error", "r2"}, unit{Estimator: "network", Name: "units of the labels", Within: "R\u00b2"}},
	"classification": {keys{mean: "accuracy"},
		unit{Estimator: "classifier", Sign: " %", Name: "percentage points", Metric: "accuracy", Higher: true, percent: true}},
	"external": {keys{mean: "value"}, unit{Estimator: "your program", Metric: "its number"}},
}

// unitOf returns how the page names the figures of a result.
func unitOf(r result) unit {
	u := tasks[r.Task].unit
	u.Higher = u.Higher || r.HigherIsBetter
	if r.Task == "regression" && r.Unit == "degrees" {
		u.Name, u.Sign = "degrees", "\u00b0"
	}
	if u.Metric == "" {
		u.Metric = "mean error"
	}
	return u
}

// showFigures shows the run's eval.json.
func showFigures(r *run) (any, error) {
	shown, err := readFigures(r.dir)
	if err == nil && shown == nil {
		shown = &figuresShown{Run: r.dir}
	}
	return shown, err
}

// result is an eval.json, whatever its task.
type result = eval.Result[map[string]any]

// readFigures reads the figures of a run; nil if it was not evaluated.
func readFigures(dir string) (*figuresShown, error) {
	path := filepath.Join(dir, rundir.EvalFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r result
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Synthetic == nil || r.Refined == nil {
		return nil, fmt.Errorf("%s: holds no figures for synthetic and refined", path)
	}
	if r.Task == "" {
		r.Task = "gaze" // figures from before there were others
	}
	task, ok := tasks[r.Task]
	if !ok {
		return nil, nil // a task without a place on this page
	}
	u := unitOf(r)
	shown := &figuresShown{Unit: u, Labels: strings.Join(r.Labels, ", "), Test: r.Data.Test, Spread: r.Spread()}
	rows := map[string]row{}
	for name, f := range r.Rows() {
		one, err := newRow(name, *f, task.keys, u, r.EstimatorSteps)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		rows[name] = one
		shown.Rows = append(shown.Rows, one)
	}
	shown.place()
	shown.Reading = read(r, rows, u)
	if r.Adaptation != nil {
		shown.Control = r.Adaptation.String()
	}
	return shown, nil
}

// newRow reads the figures of a row.
func newRow(name string, figures map[string]any, k keys, u unit, steps map[string][]int) (row, error) {
	mean, ok := figures[k.mean].(float64)
	interval, isList := figures["ci95"].([]any)
	if !ok || !isList || len(interval) != 2 {
		return row{}, fmt.Errorf("row %s has no %s with ci95", name, k.mean)
	}
	low, hasLow := interval[0].(float64)
	high, hasHigh := interval[1].(float64)
	if !hasLow || !hasHigh {
		return row{}, fmt.Errorf("row %s: ci95 is no pair of numbers", name)
	}
	if u.percent {
		mean, low, high = 100*mean, 100*low, 100*high
	}
	made := fmt.Sprint(steps[strings.ReplaceAll(name, "+", "_")])
	return row{
		Name: name, Mean: mean, Low: low, High: high, Within: second(figures, k.within), Steps: strings.Trim(made, "[]"),
	}, nil
}

// second returns a row's second figure as text: a share in percent, or R2 as it is.
func second(figures map[string]any, key string) string {
	v, ok := figures[key].(float64)
	switch {
	case !ok:
		return ""
	case key == "r2":
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}

// place puts the intervals on an axis from 0, or from below if there are negative means.
func (f *figuresShown) place() {
	axis, low := curves.Axes{}, 0.0 // no error is below 0
	for _, r := range f.Rows {
		axis.High = max(axis.High, r.High)
		if r.Mean < 0 {
			low = math.Inf(-1)
			axis.Low = min(axis.Low, r.Low)
		}
	}
	ticks := axis.Fit()
	at := func(v float64) float64 { return 100 * (v - axis.Low) / (axis.High - axis.Low) }
	for _, v := range ticks {
		f.Ticks = append(f.Ticks, place{at(v), number(v)})
	}
	for i := range f.Rows {
		r := &f.Rows[i]
		r.Left, r.Dot = at(max(r.Low, low)), at(r.Mean)
		r.Width = at(r.High) - r.Left
	}
}
