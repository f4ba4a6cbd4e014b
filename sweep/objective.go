package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"simgan/internal/inputfile"
	"simgan/internal/suggest"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// Objective is what a sweep minimises or maximises: a field of metrics.jsonl, a field of an evaluation on a validation
// split, or what a program of the user's says of a run folder.
type Objective struct {
	Metric string       `yaml:"metric"` // field of metrics.jsonl, as l_reg
	Phase  config.Phase `yaml:"phase"`  // phase of the run whose records count; default: train
	Take   string       `yaml:"take"`   // last (default), min, max or mean of the records

	Evaluation string `yaml:"evaluation"` // gaze, hand, regression, classification or external
	Field      string `yaml:"field"`      // of its JSON; default: the metric of the row refined, as refined.mean_degrees
	Validation string `yaml:"validation"` // SPEC of labelled real images, which are not data.test
	Seeds      int    `yaml:"seeds"`      // estimators trained; default: 1
	Steps      int    `yaml:"steps"`      // updates of each; default: the evaluation's own
	Variants   int    `yaml:"variants"`   // refined versions of each image; default: the evaluation's own

	Labels string `yaml:"labels,omitempty"` // columns that regression, classification or external learn, as eval --labels
	Error  string `yaml:"error,omitempty"`  // of regression: absolute (default) or angular
	Train  string `yaml:"train,omitempty"`  // of external: the program, as eval --train

	Command string   `yaml:"command,omitempty"` // shell line that prints the value last; {run} is the run folder
	Timeout Duration `yaml:"timeout,omitempty"` // of the command; default: 1h. Of external's program; default: none

	Direction string `yaml:"direction"` // minimise or maximise
}

// check fills in defaults and reports what cannot be an objective.
func (o *Objective) check() (problems []error) {
	switch o.Direction {
	case "minimise", "maximise":
	case "minimize":
		o.Direction = "minimise"
	case "maximize":
		o.Direction = "maximise"
	default:
		problems = append(problems, fmt.Errorf("objective.direction is %q; use minimise or maximise", o.Direction))
	}
	kinds := 0
	for _, kind := range []string{o.Metric, o.Evaluation, o.Command} {
		if kind != "" {
			kinds++
		}
	}
	problems = append(problems, o.misplaced()...)
	switch {
	case kinds > 1:
		problems = append(problems, errors.New("objective: give one of metric, evaluation and command"))
	case o.Metric != "":
		problems = append(problems, o.checkMetric()...)
	case o.Evaluation != "":
		problems = append(problems, o.checkEvaluation()...)
	case o.Command != "":
		problems = append(problems, o.checkCommand()...)
	default:
		problems = append(problems, errors.New("objective is missing: give metric, a field of metrics.jsonl, "+
			"evaluation: gaze, or command, a program that prints a number"))
	}
	return problems
}

func (o *Objective) checkMetric() (problems []error) {
	if !slices.Contains(rundir.MetricNames, o.Metric) {
		problems = append(problems, fmt.Errorf("objective.metric %s is no number of metrics.jsonl%s; there are %s",
			o.Metric, suggest.Hint(o.Metric, rundir.MetricNames), strings.Join(rundir.MetricNames, ", ")))
	}
	if o.Phase == "" {
		o.Phase = config.PhaseTrain
	}
	if !slices.Contains(config.Phases, o.Phase) {
		problems = append(problems, fmt.Errorf("objective.phase is %q; use %s, %s or %s", o.Phase,
			config.PhaseRefiner, config.PhaseDiscriminator, config.PhaseTrain))
	}
	if o.Take == "" {
		o.Take = "last"
	}
	if !slices.Contains([]string{"last", "min", "max", "mean"}, o.Take) {
		problems = append(problems, fmt.Errorf("objective.take is %q; use last, min, max or mean", o.Take))
	}
	return problems
}

func (o *Objective) checkEvaluation() (problems []error) {
	metric, known := evaluations[o.Evaluation]
	if !known {
		names := slices.Sorted(maps.Keys(evaluations))
		problems = append(problems, fmt.Errorf("objective.evaluation is %q%s; use %s", o.Evaluation,
			suggest.Hint(o.Evaluation, names), strings.Join(names, ", ")))
	}
	problems = append(problems, o.checkTask()...)
	if o.Field == "" {
		o.Field = "refined." + metric
	}
	if o.Seeds == 0 {
		o.Seeds = 1
	}
	if min(o.Seeds, o.Steps, o.Variants) < 0 || max(o.Seeds, o.Variants) > mostTrials || o.Steps > config.MaxSteps {
		problems = append(problems, fmt.Errorf("objective: seeds and variants are 1 to %d, steps 1 to %d",
			mostTrials, config.MaxSteps))
	}
	if o.Validation == "" {
		problems = append(problems, errors.New("objective.validation is missing: "+howToValidate))
	}
	return problems
}

// evaluations holds the metric of each evaluation.
var evaluations = map[string]string{
	"gaze": "mean_degrees", "hand": "mean_px", "regression": "mean_error", "classification": "accuracy",
	"external": "value",
}

// misplaced reports the keys of other objectives.
func (o *Objective) misplaced() (problems []error) {
	kind := "metric"
	if o.Command != "" {
		kind = "command"
	} else if o.Evaluation != "" {
		kind = "evaluation: " + o.Evaluation
	}
	for _, k := range []struct {
		key string
		set bool
		of  []string // kinds; evaluation is any evaluation
	}{
		{"phase", o.Phase != "", []string{"metric"}},
		{"take", o.Take != "", []string{"metric"}},
		{"field", o.Field != "", []string{"evaluation"}},
		{"validation", o.Validation != "", []string{"evaluation"}},
		{"seeds", o.Seeds != 0, []string{"evaluation"}},
		{"steps", o.Steps != 0, []string{"evaluation"}},
		{"variants", o.Variants != 0, []string{"evaluation"}},
		{"labels", o.Labels != "", []string{"evaluation: regression", "evaluation: classification", "evaluation: external"}},
		{"error", o.Error != "", []string{"evaluation: regression"}},
		{"train", o.Train != "", []string{"evaluation: external"}},
		{"timeout", o.Timeout != 0, []string{"command", "evaluation: external"}},
	} {
		belongs := slices.ContainsFunc(k.of, func(of string) bool {
			return of == kind || of == "evaluation" && o.Evaluation != ""
		})
		if k.set && !belongs {
			problems = append(problems, fmt.Errorf("objective.%s belongs to %s", k.key, strings.Join(k.of, " or ")))
		}
	}
	return problems
}

// checkTask checks the keys that belong to some evaluations only.
func (o *Objective) checkTask() (problems []error) {
	if o.Error != "" && o.Error != "absolute" && o.Error != "angular" {
		problems = append(problems, fmt.Errorf("objective.error is %q; use absolute or angular", o.Error))
	}
	if o.Evaluation == "external" && o.Train == "" {
		problems = append(problems, errors.New("objective.train is missing: the program that evaluation: external calls"))
	}
	if o.Evaluation == "external" && o.Steps > 0 {
		problems = append(problems, errors.New("objective.steps: the program of evaluation: external decides"))
	}
	return problems
}

// name returns the objective in a few words.
func (o *Objective) name() string {
	switch {
	case o.Command != "":
		return "objective"
	case o.Metric == "":
		return o.Field
	}
	if o.Take == "last" {
		return o.Metric
	}
	return o.Take + " " + o.Metric
}

// cost returns the value, negated if higher is better, so that lower is better.
func (o *Objective) cost(value float64) float64 {
	if o.Direction == "maximise" {
		return -value
	}
	return value
}

// only returns the row that the field belongs to, for eval --only, or "" if the field needs all rows.
func (o *Objective) only() string {
	row, _, _ := strings.Cut(o.Field, ".")
	if row == "refined_control" {
		return "refined+control"
	}
	if slices.Contains([]string{"synthetic", "control", "refined", "real"}, row) {
		return row
	}
	return ""
}

// evaluationFile names the evaluation's JSON in a run folder, at a rung or, with rung 0, at the end. It differs from
// eval.json, which holds the figures on the test images.
func evaluationFile(rung int) string {
	if rung == 0 {
		return "validation.json"
	}
	return fmt.Sprintf("validation-%07d.json", rung)
}

// read returns the objective of the run in dir at a rung or, with rung 0, at its end.
func (o *Objective) read(dir string, rung int) (float64, error) {
	if o.Command != "" {
		return readNumber(filepath.Join(dir, commandFile(rung)))
	}
	if o.Metric == "" {
		return readField(filepath.Join(dir, evaluationFile(rung)), o.Field)
	}
	path := filepath.Join(dir, rundir.MetricsFile)
	records, _, err := rundir.ReadMetrics(path)
	if err != nil {
		return 0, err
	}
	return o.reduce(path, records, rung)
}

// reduce takes last, min, max or mean of the metric's records, up to a rung (0: all).
func (o *Objective) reduce(path string, records []rundir.Record, rung int) (float64, error) {
	var values []float64
	fields := map[string]bool{}
	for _, r := range records {
		if !r.In(o.Phase) || rung > 0 && r.Step() > float64(rung) {
			continue
		}
		for name := range r {
			fields[name] = true
		}
		if v, ok := r.Number(o.Metric); ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		names := make([]string, 0, len(fields))
		for name := range fields {
			names = append(names, name)
		}
		slices.Sort(names)
		return 0, fmt.Errorf("%s: no record of phase %s has a number %q; there are %s",
			path, o.Phase, o.Metric, strings.Join(names, ", "))
	}
	switch o.Take {
	case "min":
		return slices.Min(values), nil
	case "max":
		return slices.Max(values), nil
	case "mean":
		sum := 0.0
		for _, v := range values {
			sum += v
		}
		return sum / float64(len(values)), nil
	}
	return values[len(values)-1], nil
}

// readField returns the number at a dotted path of a JSON file.
func readField(path, field string) (float64, error) {
	text, err := inputfile.Read(path, inputfile.Small)
	if err != nil {
		return 0, err
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	for _, part := range strings.Split(field, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return 0, fmt.Errorf("%s: there is no %s", path, field)
			}
			value = v[i]
		}
	}
	number, ok := value.(float64)
	if !ok || math.IsNaN(number) {
		return 0, fmt.Errorf("%s: %s is no number; see objective.field", path, field)
	}
	return number, nil
}
