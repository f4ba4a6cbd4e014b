// Package report writes the page of a run: what was trained on what, its losses, its samples and its evaluation, as one
// HTML file that needs nothing else.
package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"simgan/eval"
	"simgan/internal/atomicfile"
	"simgan/internal/exit"
	"simgan/internal/showtext"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

//go:embed page.html
var page string

var tmpl = template.Must(template.New("page").Parse(page))

// content holds what the page shows.
type content struct {
	Run, Yaml string
	Config    config.Config
	Done      string // text of DONE, "" while the run is not finished
	Curves    []chart
	Note      string // what was wrong with metrics.jsonl
	Grids     []grid
	Rows      []row
	Unit      unit
	Reading   string
	Control   string // what the control does to the synthetic images; "": there is none
}

type grid struct {
	Step string
	PNG  template.URL
}

type row struct {
	Name             string
	Mean, Low, High  float64
	Within           float64
	Left, Width, Dot float64 // places in the plot, percent
}

// Write writes report.html into the run folder and returns its path. A run that still goes on, or that was not
// evaluated, is shown as far as it is.
func Write(run string) (string, error) {
	config, err := os.ReadFile(filepath.Join(run, rundir.ConfigFile))
	if err != nil {
		return "", exit.Usagef("%s is no run folder: %w", run, err)
	}
	c := content{Run: showtext.Line(filepath.Base(filepath.Clean(run))), Yaml: showtext.Clean(string(config))}
	if err := yaml.Unmarshal(config, &c.Config); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Join(run, rundir.ConfigFile), err)
	}
	if done, err := os.ReadFile(filepath.Join(run, rundir.DoneFile)); err == nil {
		c.Done = showtext.Line(strings.TrimSpace(string(done)))
	}
	if err := errors.Join(c.readMetrics(run), c.readGrids(run), c.readEvaluation(run)); err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := tmpl.Execute(&text, c); err != nil {
		return "", err
	}
	path := filepath.Join(run, rundir.ReportFile)
	return path, atomicfile.Write(path, text.Bytes())
}

// readMetrics draws the curves. A last line that was cut short is noted.
func (c *content) readMetrics(run string) error {
	records, cut, err := rundir.ReadMetrics(filepath.Join(run, rundir.MetricsFile))
	if errors.Is(err, fs.ErrNotExist) {
		c.Note = "There are no metrics yet."
		return nil
	}
	if cut > 0 {
		c.Note = fmt.Sprintf("Line %d of metrics.jsonl, the last, is cut short and left out.", cut)
	}
	c.Curves = charts(records)
	return err
}

// gridsShown is the largest number of sample grids on the page: the first, the last and some between.
const gridsShown = 6

func (c *content) readGrids(run string) error {
	files, err := rundir.SampleGrids(run)
	if err != nil {
		return err
	}
	shown := min(gridsShown, len(files))
	for i := range shown {
		file := files[i*(len(files)-1)/max(shown-1, 1)]
		png, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		step := strings.TrimLeft(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "step-"), ".png"), "0")
		if step == "" {
			step = "0"
		}
		c.Grids = append(c.Grids, grid{step, template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png))})
	}
	slices.Reverse(c.Grids)
	return nil
}

func (c *content) readEvaluation(run string) error {
	path := filepath.Join(run, rundir.EvalFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var head struct{ Task string }
	if err := json.Unmarshal(text, &head); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if c.Unit = units[head.Task]; head.Task == "hand" {
		err = show(c, text, func(f *eval.HandFigures) row {
			return row{Mean: f.MeanPx, Low: f.CI95[0], High: f.CI95[1], Within: 100 * f.PCK5}
		})
	} else {
		c.Unit = units["gaze"]
		err = show(c, text, func(f *eval.Figures) row {
			return row{Mean: f.MeanDegrees, Low: f.CI95[0], High: f.CI95[1], Within: 100 * f.Within7Degrees}
		})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// unit names, for the page, what a task's figures count.
type unit struct{ Estimator, Sign, Name, Within string }

var units = map[string]unit{
	"gaze": {"gaze estimator", "\u00b0", "degrees", "within 7\u00b0"},
	"hand": {"hand estimator", " px", "pixels", "joints within 5 px"},
}

// show makes the page's rows and its sentence of eval.json's text; of makes a row of figures.
func show[F any](c *content, text []byte, of func(*F) row) error {
	var r eval.Result[F]
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	if r.Synthetic == nil || r.Refined == nil {
		return errors.New("holds no figures for synthetic and refined")
	}
	most := 0.0
	rows := map[string]row{}
	for name, f := range r.Rows() {
		line := of(f)
		line.Name = name
		rows[name], most = line, max(most, line.High)
		c.Rows = append(c.Rows, line)
	}
	for i := range c.Rows {
		k := &c.Rows[i]
		k.Left, k.Width, k.Dot = 100*max(k.Low, 0)/most, 100*(k.High-max(k.Low, 0))/most, 100*k.Mean/most
	}
	c.Reading = reading(c.Unit.Name, rows["synthetic"], rows["refined"], r.GapClosed)
	if r.Adaptation != nil {
		c.Control = r.Adaptation.String()
	}
	if r.ControlHurts {
		c.Reading += " The control is worse than the synthetic images as they are."
	} else if r.Control != nil && r.RefinedControl != nil {
		c.Reading += " " + beyond(c.Unit.Name, rows["control"], rows["refined+control"], r.GapClosedBeyondControl)
	}
	return nil
}

// beyond says in a sentence what refining gains over the control.
func beyond(unit string, control, refined row, gap *eval.Share) string {
	gain := control.Mean - refined.Mean
	if gain <= 0 {
		return fmt.Sprintf("The control, which needs no refiner, is better: with the same adaptation, estimators trained on "+
			"refined images err by %.2f %s more.", -gain, unit)
	}
	text := fmt.Sprintf("The control needs no refiner. With the same adaptation, refined images gain another %.2f %s",
		gain, unit)
	if gap == nil {
		return text + "."
	}
	return fmt.Sprintf("%s: %.0f %% of the gap that the control leaves (95 %% interval %.0f to %.0f %%).",
		text, 100*gap.Mean, 100*gap.CI95[0], 100*gap.CI95[1])
}

// reading says in a sentence what the figures say.
func reading(unit string, synthetic, refined row, gap *eval.Share) string {
	gain := synthetic.Mean - refined.Mean
	text := fmt.Sprintf("An estimator trained on refined images errs by %.1f %s less on real images "+
		"than one trained on the synthetic images.", gain, unit)
	switch {
	case gain <= 0:
		text = fmt.Sprintf("Refining did not help: the error on real images is %.1f %s higher "+
			"than with the synthetic images as they were.", -gain, unit)
	case refined.High > synthetic.Low:
		text += " The confidence intervals overlap: more seeds are needed to be sure."
	}
	if gap != nil {
		text += fmt.Sprintf(" That is %.0f %% of the gap between synthetic and real images (95 %% interval %.0f to %.0f %%).",
			100*gap.Mean, 100*gap.CI95[0], 100*gap.CI95[1])
	}
	return text
}
