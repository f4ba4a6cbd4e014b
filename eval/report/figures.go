package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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
	Spread  string // what the intervals are over
	Run     string
}

// row is a kind of images that estimators were trained on.
type row struct {
	Name             string
	Mean, Low, High  float64
	Within           float64 // percent
	Left, Width, Dot float64 // places in the plot, percent
	Steps            string  // of its estimators
}

// place is a number at an axis, in percent of its length.
type place struct {
	At   float64
	Text string
}

// unit names, for the page, what a task's figures count.
type unit struct{ Estimator, Sign, Name, Within string }

// A task's figures in JSON: the keys of a row's mean error and of its share within a bound.
type keys struct{ mean, within string }

// tasks holds, for each task of eval, the keys of its figures and how the page names them.
var tasks = map[string]struct {
	keys
	unit
}{
	"gaze": {keys{"mean_degrees", "within_7_degrees"}, unit{"gaze estimator", "\u00b0", "degrees", "within 7\u00b0"}},
	"hand": {keys{"mean_px", "pck_5px"}, unit{"hand estimator", " px", "pixels", "joints within 5 px"}},
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
	shown := &figuresShown{Unit: task.unit, Test: r.Data.Test, Spread: r.Spread()}
	rows := map[string]row{}
	for name, f := range r.Rows() {
		one, err := newRow(name, *f, task.keys, r.EstimatorSteps)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		rows[name] = one
		shown.Rows = append(shown.Rows, one)
	}
	shown.place()
	shown.Reading = read(r, rows, task.unit)
	if r.Adaptation != nil {
		shown.Control = r.Adaptation.String()
	}
	return shown, nil
}

// newRow reads the figures of a row.
func newRow(name string, figures map[string]any, k keys, steps map[string][]int) (row, error) {
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
	within, _ := figures[k.within].(float64)
	made := fmt.Sprint(steps[strings.ReplaceAll(name, "+", "_")])
	return row{Name: name, Mean: mean, Low: low, High: high, Within: 100 * within, Steps: strings.Trim(made, "[]")}, nil
}

// place puts the intervals on an axis from 0.
func (f *figuresShown) place() {
	axis := curves.Axes{}
	for _, r := range f.Rows {
		axis.High = max(axis.High, r.High)
	}
	for _, v := range axis.Fit() {
		f.Ticks = append(f.Ticks, place{100 * v / axis.High, number(v)})
	}
	for i := range f.Rows {
		r := &f.Rows[i]
		low := max(r.Low, 0) // no error is below 0
		r.Left, r.Width, r.Dot = 100*low/axis.High, 100*(r.High-low)/axis.High, 100*r.Mean/axis.High
	}
}
