package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"simgan/data"
	"simgan/internal/exit"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// Choice holds the JSON of `eval TASK --choose`: the best checkpoint of a run by an evaluation on validation images.
type Choice struct {
	rundir.Choice // the newest of several best ones
	ChoiceMetric
	Validation  string         `json:"validation"` // SPEC
	Checkpoints []ChoiceFigure `json:"checkpoints"`
}

// ChoiceMetric says what the figures are, as in Result.
type ChoiceMetric struct {
	Task           string   `json:"task"`
	Labels         []string `json:"labels,omitempty"`
	Metric         string   `json:"metric"`
	HigherIsBetter bool     `json:"higher_is_better,omitempty"`
	Unit           string   `json:"unit,omitempty"`
}

// ChoiceFigure is the figure of the row refined of one checkpoint.
type ChoiceFigure struct {
	Step    int       `json:"step"`
	Mean    float64   `json:"mean"`
	PerSeed []float64 `json:"per_seed"` // of the estimators
}

// Choose evaluates the row refined of every checkpoint that a run has kept on the images o.Test, and returns which is
// best. evaluate is a task's evaluation. The run must be finished: training removes checkpoints. The images must not be
// those that its figures are tested on.
func Choose(ctx context.Context, o Options, evaluate func(context.Context, Options) (any, error)) (*Choice, error) {
	switch {
	case len(o.Runs) != 1:
		return nil, exit.Usagef("--choose is of one run; %d are given", len(o.Runs))
	case o.Only != "" || o.Checkpoint != "" && o.Checkpoint != rundir.LatestName || o.Save != "":
		return nil, exit.Usagef("--choose takes no --only, --checkpoint and --save: it evaluates the refined images of " +
			"every checkpoint")
	case o.Test == "":
		return nil, exit.Usagef("--choose needs --test SPEC: labelled real images to choose by, other than those of " +
			"data.test")
	}
	c, err := config.LoadRun(filepath.Join(o.Runs[0], rundir.ConfigFile), nil)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", o.Runs[0], err)
	}
	if overlap, err := data.Overlap(o.Test, c.Data.Test); err != nil {
		return nil, exit.Usagef("--test: %w", err)
	} else if overlap {
		return nil, exit.Usagef("--test %s has images of the run's data.test, %s: chosen by them, its figures would be too "+
			"good. Give other labelled real images", o.Test, c.Data.Test)
	}
	if err := finished(o.Runs[0], "then choose"); err != nil {
		return nil, err
	}
	list, err := rundir.Checkpoints(o.Runs[0])
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, exit.Usagef("run %s has no checkpoint yet", o.Runs[0])
	}
	choice, best := &Choice{Validation: o.Test}, 0
	o.Only = rowRefined
	for i, checkpoint := range list {
		o.Checkpoint = strconv.Itoa(checkpoint.Step)
		result, err := evaluate(ctx, o)
		if err == nil {
			err = choice.add(checkpoint.Step, result)
		}
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d: %w", checkpoint.Step, err)
		}
		this, other := choice.Checkpoints[i].Mean, choice.Checkpoints[best].Mean
		if this == other || (this > other) == choice.HigherIsBetter {
			best = i
		}
	}
	choice.Choice, err = list[best].Choose()
	return choice, err
}

// add adds the evaluation of a checkpoint.
func (c *Choice) add(step int, result any) error {
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	var of struct {
		ChoiceMetric
		Refined ChoiceFigure
	}
	if err := json.Unmarshal(text, &of); err != nil {
		return err
	}
	c.ChoiceMetric = of.ChoiceMetric
	f := of.Refined
	f.Step, f.Mean = step, mean(f.PerSeed)
	c.Checkpoints = append(c.Checkpoints, f)
	return nil
}

// Table returns the choice as text for a terminal.
func (c *Choice) Table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "chosen by        eval %s on %s\n\n%-12s %-14s by estimator\n", c.Task, c.Validation, "checkpoint",
		c.Metric)
	for _, f := range c.Checkpoints {
		fmt.Fprintf(&t, "%-12d %-14.4g %.4g", f.Step, f.Mean, f.PerSeed)
		if f.Step == c.Step {
			t.WriteString("  best")
		}
		t.WriteString("\n")
	}
	return t.String()
}
