package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/experiment"
	"simgan/trainer/config"
)

func newExperimentCommand() *cli.Command {
	command := &cli.Command{
		Name: "experiment", Usage: "repeats the paper's comparisons: trains variants with seeds and evaluates them; " +
			"the same call continues one",
		UsageText: "simgan experiment history --out runs/history\n" +
			"simgan experiment lambda --out runs/lambda --seeds 2 --steps 200 --eval-seeds 2 --eval-steps 400\n" +
			"simgan experiment gaze-table --out runs/table --config mine.yaml --larger unityeyes:all",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "list", Usage: "list the experiments, as without a name"}},
	}
	for _, e := range experiment.All() {
		command.Subcommands = append(command.Subcommands, experimentCommand(e))
	}
	return command
}

func experimentCommand(e experiment.Experiment) *cli.Command {
	return &cli.Command{
		Name: e.Name, Usage: e.Compared,
		UsageText: fmt.Sprintf("simgan experiment %s --out runs/%[1]s", e.Name),
		Description: fmt.Sprintf("The paper: %s.\nCompared here: %s.\nEvery variant ends with eval %s, the control included.",
			e.Paper, e.Compared, e.Task),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "`FOLDER` of the runs, the table, the plot and the page", Required: true},
			&cli.StringFlag{Name: "preset", DefaultText: e.Preset, Usage: strings.Join(config.PresetNames(), ", ")},
			&cli.StringFlag{Name: "config", Usage: "YAML `FILE` over the preset"},
			&cli.StringSliceFlag{Name: "set", Usage: "one `KEY=VALUE` over both, for every run; may be repeated"},
			&cli.IntFlag{Name: "seeds", Value: 3, Usage: "runs of each variant"},
			&cli.IntFlag{Name: "steps", DefaultText: "the config's", Usage: "train.steps"},
			&cli.IntFlag{Name: "eval-seeds", Value: 3, Usage: "estimators per row and refiner"},
			&cli.IntFlag{Name: "eval-steps", DefaultText: "eval's", Usage: "most steps per estimator"},
			&cli.StringSliceFlag{Name: "eval-flag", Usage: "one more `ARGUMENT` of eval, for example --eval-flag=--variants=2"},
			&cli.StringFlag{Name: "task", Value: e.Task, Usage: "the command of eval: gaze, hand, regression, classification"},
			&cli.StringFlag{Name: "labels", Usage: "label columns, as eval --labels"},
			&cli.StringFlag{
				Name: "larger", Usage: "the larger synthetic set of gaze-table and hand-table, a `SPEC` (default: built-in data)",
			},
			&cli.StringFlag{Name: "device", DefaultText: "the config's", Usage: "auto, cpu, cuda or cuda:N"},
			&cli.IntFlag{Name: "parallel", Value: 1, Usage: "runs at a time"},
		},
		Action: func(c *cli.Context) error {
			return experiment.Run(c.Context, e, experiment.Options{
				Out: c.String("out"), Preset: c.String("preset"), Config: c.String("config"), Settings: c.StringSlice("set"),
				Task: c.String("task"), Labels: c.String("labels"), Larger: c.String("larger"),
				Seeds: c.Int("seeds"), Steps: c.Int("steps"), EvalSeeds: c.Int("eval-seeds"), EvalSteps: c.Int("eval-steps"),
				EvalFlags: c.StringSlice("eval-flag"), Device: c.String("device"), Parallel: c.Int("parallel"), Log: c.App.Writer,
				CheckEval: parses,
			})
		},
	}
}
