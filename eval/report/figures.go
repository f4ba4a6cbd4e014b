package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"simgan/eval"
	"simgan/internal/shellwords"
	"simgan/trainer/rundir"
	curves "simgan/trainer/rundir/chart"
)

// figuresShown is what figures.html shows.
type figuresShown struct {
	Name    string // of the task, after eval
	Task    task
	Unit    string // of the quantity, in words; "": it has none
	Rows    []row
	Sure    bool    // some row has an interval
	Ticks   []place // of the axis of the intervals
	Reading []string
	Control string // what the control does to the synthetic images; "": there is no control
	Labels  string // the columns that were learned
	Test    string
	Spread  string // what the intervals are over
	// The commands that evaluate the run and write its page again.
	Evaluate, Report string
	Others           []*figuresShown // of other tasks and labels
}

// row is a kind of images that estimators were trained on.
type row struct {
	Name                    string
	mean, low, high         float64
	Mean, Interval, Another string
	Left, Width, Dot        float64 // places in the plot, percent
	Steps                   string  // of its estimators
}

// hasInterval reports whether the figure has an interval. That of one seed has no width.
func (r row) hasInterval() bool { return r.low < r.high }

// place is a number at an axis, in percent of its length.
type place struct {
	At   float64
	Text string
}

// task says what the figures of a task of eval are.
type task struct {
	Learner  string // what was trained
	Quantity string // by which rows are compared
	key      string // of the quantity in a row's JSON
	percent  bool   // the quantity is a share, shown in percent
	Sign     string // after a number
	Second   string // name of another figure; "": none
	second   string // its key; a share, shown in percent, unless it is r2
	Note     string // what the other figure means; "": it needs none
}

const meanError = "mean error"

var tasks = map[string]task{
	"gaze": {
		Learner: "gaze estimator", Quantity: meanError, key: "mean_degrees", Sign: "\u00b0",
		Second: "within 7\u00b0", second: "within_7_degrees",
	},
	"hand": {
		Learner: "hand estimator", Quantity: meanError, key: "mean_px", Sign: " px",
		Second: "joints within 5 px", second: "pck_5px",
	},
	"regression": {
		Learner: "estimator", Quantity: meanError, key: "mean_error", Second: "R\u00b2", second: "r2",
		Note: "R\u00b2 below 0 is worse than always guessing the mean.",
	},
	"classification": {Learner: "classifier", Quantity: "accuracy", key: "accuracy", percent: true, Sign: " %"},
	"external":       {Learner: "program", Quantity: "value", key: "value"},
}

// text writes a figure with a precision that belongs to its size.
func (t task) text(v float64) string {
	if math.Abs(v) < 1 && !t.percent {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// showFigures shows the run's eval.json, and figures whose place it took.
func showFigures(r *run) (any, error) {
	shown, err := readFigures(filepath.Join(r.dir, rundir.EvalFile))
	if err != nil {
		return nil, err
	}
	if shown == nil {
		task := []string{cmp.Or(eval.Usual(r.config.Data.Synthetic), "TASK")}
		if !r.trains { // the page is written often then, and opening a data set takes a while
			task = eval.Fitting(r.config.Data)
		}
		shown = &figuresShown{
			Evaluate: shellwords.Join(slices.Concat([]string{"simgan", "eval"}, task, []string{"--run", r.dir})...),
			Report:   shellwords.Join("simgan", "report", "--run", r.dir),
		}
	}
	kept, err := rundir.KeptFigures(r.dir)
	if err != nil {
		return nil, err
	}
	for _, path := range kept {
		other, err := readFigures(path)
		if err != nil {
			return nil, err
		}
		if other != nil {
			shown.Others = append(shown.Others, other)
		}
	}
	return shown, nil
}

// result is an eval.json, whatever its task.
type result = eval.Result[map[string]any]

// readFigures reads the figures of an evaluation; nil if there is no such file, or no place for its task on this page.
func readFigures(path string) (*figuresShown, error) {
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
	name := cmp.Or(r.Task, "gaze") // figures from before there were other tasks are of gaze
	task, ok := tasks[name]
	if !ok {
		return nil, nil
	}
	shown := &figuresShown{
		Name: name, Task: task, Unit: r.Unit, Test: r.Data.Test, Spread: r.Spread(), Labels: strings.Join(r.Labels, ", "),
		Reading: r.Reading,
	}
	for name, f := range r.Rows() {
		one, err := task.row(name, *f, r.EstimatorSteps)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		shown.Rows, shown.Sure = append(shown.Rows, one), shown.Sure || one.hasInterval()
	}
	shown.place()
	if r.Adaptation != nil {
		shown.Control = r.Adaptation.String()
	}
	return shown, nil
}

// row reads the figures of a row.
func (t task) row(name string, figures map[string]any, steps map[string][]int) (r row, err error) {
	mean, ok := figures[t.key].(float64)
	interval, isList := figures["ci95"].([]any)
	if !ok || !isList || len(interval) != 2 {
		return r, fmt.Errorf("row %s has no %s with ci95", name, t.key)
	}
	low, hasLow := interval[0].(float64)
	high, hasHigh := interval[1].(float64)
	if !hasLow || !hasHigh {
		return r, fmt.Errorf("row %s: ci95 is no pair of numbers", name)
	}
	if t.percent {
		mean, low, high = 100*mean, 100*low, 100*high
	}
	if t.Quantity == meanError {
		low = max(low, 0) // no error is below
	}
	r = row{Name: name, mean: mean, low: low, high: high, Mean: t.text(mean) + t.Sign}
	if r.hasInterval() {
		r.Interval = t.text(low) + " to " + t.text(high)
	}
	if v, ok := figures[t.second].(float64); ok && t.second == "r2" {
		r.Another = fmt.Sprintf("%.3f", v)
	} else if ok {
		r.Another = fmt.Sprintf("%.1f %%", 100*v)
	}
	r.Steps = strings.Trim(fmt.Sprint(steps[eval.RowKey(name)]), "[]")
	return r, nil
}

// place puts the intervals on an axis that holds 0.
func (f *figuresShown) place() {
	axis := curves.Axes{}
	for _, r := range f.Rows {
		axis.Low, axis.High = min(axis.Low, r.low), max(axis.High, r.high)
	}
	at := func(v float64) float64 { return 100 * (v - axis.Low) / (axis.High - axis.Low) }
	for _, v := range axis.Fit() {
		f.Ticks = append(f.Ticks, place{at(v), number(v)})
	}
	for i := range f.Rows {
		r := &f.Rows[i]
		r.Left, r.Width, r.Dot = at(r.low), at(r.high)-at(r.low), at(r.mean)
	}
}
