package experiment

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"simgan/data"
	"simgan/eval"
	"simgan/internal/exit"
	"simgan/trainer/config"
)

// Options are what Run takes.
type Options struct {
	Out            string // the folder of the runs and results
	Preset, Config string // of every run, as train --preset and --config
	Settings       []string
	Task           string // the command of eval; "": the experiment's
	Labels         string // as eval --labels; "": none
	Larger         string // SPEC of the larger synthetic set of the tables; "": built-in data, n times as many
	Seeds          int    // of the GAN
	Steps          int    // train.steps; 0: the config's
	EvalSeeds      int    // estimators per row
	EvalSteps      int    // most steps of each; 0: eval's own
	EvalFlags      []string
	Device         string    // "": the config's
	Parallel       int       // runs at a time
	Command        []string  // the program that trains and evaluates; nil: this one
	Log            io.Writer `json:"-"` // a line for each thing that happens
	// CheckEval refuses a command line of eval, before anything is trained; nil: none is refused.
	CheckEval func(args []string) error `json:"-"`
}

// ownFlags are flags of eval that an experiment sets, or whose result is no table of the usual rows.
var ownFlags = []string{
	"run", "json", "only", "save", "seeds", "steps", "labels", "device", "checkpoint", "choose", "self-training", "help",
	"h",
}

// mostSeeds bounds both kinds of seeds.
const mostSeeds = 1000

// complete fills in the experiment's defaults, and refuses what no run could use.
func (o *Options) complete(e Experiment) (base config.Config, err error) {
	o.Task = cmp.Or(o.Task, e.Task)
	if o.Preset == "" && o.Config == "" {
		o.Preset = e.Preset
	}
	if o.Out == "" {
		return base, exit.Usagef("--out is missing: the folder of the runs and results")
	}
	if o.Out, err = filepath.Abs(o.Out); err != nil {
		return base, err
	}
	if o.Config != "" {
		if o.Config, err = filepath.Abs(o.Config); err != nil {
			return base, err
		}
	}
	for _, n := range []struct {
		flag         string
		value, least int
		most         int
	}{
		{"seeds", o.Seeds, 1, mostSeeds}, {"eval-seeds", o.EvalSeeds, 1, mostSeeds}, {"parallel", o.Parallel, 1, mostSeeds},
		{"steps", o.Steps, 0, config.MaxSteps}, {"eval-steps", o.EvalSteps, 0, config.MaxSteps},
	} {
		if n.value < n.least || n.value > n.most {
			return base, exit.Usagef("--%s is %d; use %d to %d", n.flag, n.value, n.least, n.most)
		}
	}
	for _, flag := range o.EvalFlags {
		if name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "="); slices.Contains(ownFlags, name) {
			return base, exit.Usagef("--eval-flag=%s: the experiment sets this itself, or its table has no rows for it; "+
				"use eval on its runs", flag)
		}
	}
	if o.Steps > 0 {
		o.Settings = append(o.Settings, fmt.Sprintf("train.steps=%d", o.Steps))
	}
	if base, err = config.Load(o.Preset, o.Config, o.Settings); err != nil {
		return base, err
	}
	if base.Data.Test == "" {
		return base, exit.Usagef("data.test is not set: the experiment ends with an evaluation on labelled real images; " +
			"add --set data.test=SPEC")
	}
	if usual := eval.Usual(base.Data.Synthetic); (o.Task == "gaze" || o.Task == "hand") && usual != "" && usual != o.Task {
		return base, exit.Usagef("--task %s: data.synthetic is %s; use --task %s", o.Task, base.Data.Synthetic, usual)
	}
	if o.CheckEval != nil {
		if err := o.CheckEval(o.evalArgs("FILE", []string{"FOLDER"})); err != nil {
			return base, exit.Usagef("the evaluation that would follow the training: %w", err)
		}
	}
	return base, nil
}

// estimator returns where the first variant's evaluation leaves an estimator trained on synthetic images.
func (o Options) estimator() string {
	return filepath.Join(o.Out, estimatorsFolder, "synthetic-seed-1.safetensors")
}

// timesAsMany returns the SPEC of built-in images with factor times as many.
func timesAsMany(spec string, factor int) (string, error) {
	s, err := data.ParseSpec(spec)
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(cmp.Or(s.Params["n"], "2000"))
	if s.Kind != "simulated" || err != nil {
		return "", exit.Usagef("data.synthetic is %s: name the larger set to compare it with, --larger SPEC", spec)
	}
	s.Params["n"] = strconv.Itoa(factor * n)
	return s.String(), nil
}
