package experiment

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"simgan/eval"
	"simgan/internal/atomicfile"
	"simgan/internal/jsonfile"
	"simgan/sweep"
)

// Result is what result.json holds.
type Result struct {
	Experiment string `json:"experiment"`
	Task       string `json:"task"`
	Measure
	Paper          string   `json:"paper"`
	Compared       string   `json:"compared"`
	Config         string   `json:"config"` // preset, file and settings of every run
	GANSeeds       int      `json:"gan_seeds"`
	EstimatorSeeds int      `json:"estimator_seeds"` // per row and refiner
	Lines          []Line   `json:"lines"`
	First          string   `json:"first,omitempty"` // the variant that the others are compared with
	Notes          []string `json:"notes,omitempty"`
	Missing        []string `json:"missing,omitempty"` // runs that failed or were not made yet
}

// Line holds the figures of one row of one variant.
type Line struct {
	Variant  string     `json:"variant,omitempty"` // "": all variants share the row
	Row      string     `json:"row"`               // what the estimators were trained on
	Mean     float64    `json:"mean"`              // figure on the test images
	CI95     [2]float64 `json:"ci95"`
	PerSeed  []float64  `json:"per_seed"`
	Within   *float64   `json:"within,omitempty"`    // share within 7 degrees, or of joints within 5 pixels
	PCKCurve []float64  `json:"pck_curve,omitempty"` // share of joints within 1, 2, ... pixels

	// GapClosed is the share of the gap that refining closed: of refined from synthetic to real, of refined+control from
	// control to real.
	GapClosed *eval.Share `json:"gap_closed,omitempty"`
	// Difference is how much higher the figure is than the first variant's. It is nil if runs of either are missing.
	Difference *Difference `json:"difference,omitempty"`
}

// Difference is a mean over pairs of the same seeds, of the refiner and of the estimator.
type Difference struct {
	Mean float64    `json:"mean"`
	CI95 [2]float64 `json:"ci95"`
}

// Name returns the line's name in tables.
func (l Line) Name() string {
	if l.Variant == "" {
		return l.Row
	}
	return l.Variant + ": " + l.Row
}

// collect reads what has been evaluated so far.
func (r *run) collect() (*Result, error) {
	o := r.options
	result := &Result{
		Experiment: r.Name, Task: o.Task, Paper: r.Paper, Compared: r.Compared,
		GANSeeds: o.Seeds, EstimatorSeeds: o.EvalSeeds,
		Config: strings.Join(append(append([]string{}, nonEmpty(o.Preset, o.Config)...), o.Settings...), ", "),
	}
	var shared map[string]figures
	for i, v := range r.variants {
		rows, err := r.rows(i, &result.Measure)
		if err != nil {
			return nil, err
		}
		if _, whole := rows["synthetic"]; whole && shared == nil && !r.allRows {
			shared = maps.Clone(rows)
			result.add("", rows, rows, o.EvalSeeds, "synthetic", "control")
		}
		all := maps.Clone(shared)
		if all == nil {
			all = map[string]figures{}
		}
		maps.Copy(all, rows)
		names := refinedRows
		if r.allRows {
			names = []string{"synthetic", "control", "refined", "refined+control", "real"}
		}
		result.add(v.Name, rows, all, o.EvalSeeds, names...)
		if v.Note != "" {
			result.Notes = append(result.Notes, v.Name+": "+v.Note)
		}
		if err := r.missing(i, result); err != nil {
			return nil, err
		}
	}
	result.add("", shared, shared, o.EvalSeeds, "real")
	result.compare(r.variants[0].Name)
	return result, nil
}

// compare sets the differences from the variant first. Only rows of all seeds are compared: in others the figures of a
// seed have another place.
func (r *Result) compare(first string) {
	base := map[string][]float64{}
	for _, l := range r.Lines {
		if l.Variant == first {
			base[l.Row] = l.PerSeed
		}
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		from, whole := base[l.Row], r.EstimatorSeeds
		if slices.Contains(refinedRows, l.Row) {
			whole *= r.GANSeeds
		}
		if l.Variant == "" || l.Variant == first || len(from) != whole || len(l.PerSeed) != whole {
			continue
		}
		differences := make([]float64, whole)
		for k, v := range l.PerSeed {
			differences[k] = v - from[k]
		}
		mean, ci := eval.IntervalOf(differences, r.EstimatorSeeds)
		l.Difference = &Difference{mean, ci}
		r.First = first
	}
}

func nonEmpty(texts ...string) (kept []string) {
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return kept
}

// rows returns the rows that variant i was evaluated on, and in m what they measure.
func (r *run) rows(i int, m *Measure) (map[string]figures, error) {
	files := []string{wholeFile}
	for _, row := range refinedRows {
		files = append(files, rowFile(row))
	}
	all := map[string]figures{}
	for _, file := range files {
		rows, err := readRows(filepath.Join(r.folder(i), file), m)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, rows)
	}
	return all, nil
}

// add adds the named rows, with shares of the gaps between rows of all.
func (r *Result) add(variant string, rows, all map[string]figures, seeds int, names ...string) {
	from := map[string]string{"refined": "synthetic", "refined+control": "control"}
	for _, name := range names {
		f, ok := rows[name]
		if !ok {
			continue
		}
		l := Line{Variant: variant, Row: name, Mean: f.mean(), CI95: f.CI95, PerSeed: f.PerSeed, PCKCurve: f.PCKCurve}
		if l.Within = f.Within7; l.Within == nil {
			l.Within = f.PCK5
		}
		if base := from[name]; base != "" {
			l.GapClosed = eval.ShareOf(r.costs(all[base]), r.costs(f), r.costs(all["real"]), seeds)
		}
		r.Lines = append(r.Lines, l)
	}
}

// costs returns a row's figures, negated if higher is better.
func (r *Result) costs(f figures) []float64 {
	costs := slices.Clone(f.PerSeed)
	for i := range costs {
		if r.HigherIsBetter {
			costs[i] = -costs[i]
		}
	}
	return costs
}

// missing notes the runs of variant i that did not finish.
func (r *run) missing(i int, result *Result) error {
	s, err := sweep.Load(r.folder(i)+".yaml", r.folder(i))
	if err != nil {
		return err
	}
	_, problems, err := finished(s)
	for _, p := range problems {
		result.Missing = append(result.Missing, fmt.Sprintf("%s, %s", r.variants[i].Name, p))
	}
	return err
}

// write writes the results so far: JSON, table, plot and page.
func (r *run) write() error {
	result, err := r.collect()
	if err != nil {
		return err
	}
	drawn, err := result.draw()
	if err != nil {
		return err
	}
	at := func(name string) string { return filepath.Join(r.options.Out, name) }
	drawn[tableFile] = []byte(result.Table())
	for name, content := range drawn {
		if err := atomicfile.Write(at(name), content); err != nil {
			return err
		}
	}
	return jsonfile.Write(at(resultFile), result)
}

// Table returns the figures as a Markdown table.
func (r *Result) Table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "| trained on | %s (95 %% interval) | %s | %s | share of the gap closed |\n|---|---|---|---|---|\n",
		r.Heading(), r.DifferenceName(), r.WithinName())
	for _, l := range r.Lines {
		fmt.Fprintf(&t, "| %s | %s | %s | %s | %s |\n",
			l.Name(), r.Figure(l), l.DifferenceText(), l.WithinText(), l.ShareText())
	}
	for _, m := range r.Missing {
		fmt.Fprintf(&t, "\nMissing: %s\n", strings.ReplaceAll(m, "\n", " "))
	}
	return t.String()
}

// Heading says what the figures are.
func (r *Result) Heading() string {
	if r.Unit != "" {
		return "mean error, " + r.Unit
	}
	return strings.ReplaceAll(r.Metric, "_", " ")
}

// WithinName says what the share beside the error is.
func (r *Result) WithinName() string {
	switch r.Task {
	case "gaze":
		return "within 7 degrees"
	case "hand":
		return "joints within 5 pixels"
	}
	return ""
}

// DifferenceName says what differences are from.
func (r *Result) DifferenceName() string {
	if r.First == "" {
		return ""
	}
	return "against " + r.First
}

// Seeds says what the intervals are over.
func (r *Result) Seeds() string {
	switch {
	case r.GANSeeds > 1 && r.EstimatorSeeds > 1:
		return "intervals are over both"
	case r.GANSeeds > 1:
		return "intervals are over the refiners alone: another estimator may be better or worse by more"
	case r.EstimatorSeeds > 1:
		return "intervals are over the estimators alone: another refiner may be better or worse by more"
	}
	return "one value has no interval"
}

// Figure returns a line's mean and, of several estimators, its interval, which of an error is cut off at 0.
func (r *Result) Figure(l Line) string {
	low := l.CI95[0]
	switch {
	case len(l.PerSeed) == 1:
		return fmt.Sprintf("%.2f", l.Mean)
	case r.Unit != "":
		low = max(0, low)
	}
	return fmt.Sprintf("%.2f (%.2f to %.2f)", l.Mean, low, l.CI95[1])
}

// DifferenceText returns the difference from the first variant, with its interval.
func (l Line) DifferenceText() string {
	d := l.Difference
	switch {
	case d == nil:
		return ""
	case d.CI95[0] == d.CI95[1]:
		return fmt.Sprintf("%+.2f", d.Mean)
	}
	return fmt.Sprintf("%+.2f (%+.2f to %+.2f)", d.Mean, d.CI95[0], d.CI95[1])
}

// WithinText returns the share within a bound.
func (l Line) WithinText() string {
	if l.Within == nil {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100**l.Within)
}

// ShareText returns the share of the gap and its interval.
func (l Line) ShareText() string {
	if l.GapClosed == nil {
		return ""
	}
	return fmt.Sprintf("%.0f %%%s", 100*l.GapClosed.Mean, l.GapClosed.Interval(" (%.0f to %.0f)"))
}
