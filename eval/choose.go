package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"simgan/internal/exit"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// Choice holds the JSON of `eval TASK --choose`: the best checkpoint of a run by an evaluation on validation images.
type Choice struct {
	ChoiceMetric
	Validation  string         `json:"validation"` // SPEC
	Step        int            `json:"step"`       // of the best checkpoint, the newest of several
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
// best. evaluate is a task's evaluation. The images must not be those that the run's figures are tested on.
func Choose(ctx context.Context, o Options, evaluate func(context.Context, Options) (any, error)) (*Choice, error) {
	switch {
	case len(o.Runs) != 1:
		return nil, exit.Usagef("--choose is of one run; %d are given", len(o.Runs))
	case o.Only != "" || o.Checkpoint != "" && o.Checkpoint != rundir.LatestName || o.Save != "":
		return nil, exit.Usagef("--choose takes no --only, --checkpoint and --save: it evaluates the refined images of " +
			"every checkpoint")
	case o.Test == "":
		return nil, exit.Usagef("--choose needs --test SPEC: labelled real images to choose by, other than those of data.test")
	}
	c, err := config.LoadRun(filepath.Join(o.Runs[0], rundir.ConfigFile), nil)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", o.Runs[0], err)
	}
	if o.Test == c.Data.Test {
		return nil, exit.Usagef("--test %s: these are the run's test images (data.test); chosen by them, its figures would be "+
			"too good. Give other labelled real images", o.Test)
	}
	list, err := rundir.Checkpoints(o.Runs[0])
	if err != nil {
		return nil, err
	}
	choice := &Choice{Validation: o.Test}
	o.Only = rowRefined
	for _, checkpoint := range list {
		o.Checkpoint = strconv.Itoa(checkpoint.Step)
		result, err := evaluate(ctx, o)
		if err == nil {
			err = choice.add(checkpoint.Step, result)
		}
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d: %w", checkpoint.Step, err)
		}
	}
	if len(choice.Checkpoints) == 0 {
		return nil, exit.Usagef("run %s has no checkpoint yet", o.Runs[0])
	}
	return choice, nil
}

// add adds the evaluation of a checkpoint that is newer than those before.
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
	better := func(than ChoiceFigure) bool {
		return f.Mean == than.Mean || (f.Mean > than.Mean) == c.HigherIsBetter
	}
	for _, other := range c.Checkpoints {
		if other.Step == c.Step && !better(other) {
			c.Checkpoints = append(c.Checkpoints, f)
			return nil
		}
	}
	c.Step, c.Checkpoints = step, append(c.Checkpoints, f)
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
	fmt.Fprintf(&t, "--checkpoint best is now step %d.\n", c.Step)
	return t.String()
}
