package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/data/picture"
	"simgan/eval"
	"simgan/internal/exit"
	"simgan/trainer/rundir"
)

func newEvalLabelsCommand() *cli.Command {
	return &cli.Command{
		Name: "labels", Usage: "measures how far refining moved what the labels describe",
		UsageText: "simgan eval labels --run runs/demo\n" +
			"simgan eval labels --run runs/demo --limit 1.1 --n 500",
		Description: "Compares rendered images with their refined versions: pupils of built-in eyes by a fit that is\n" +
			"checked against the simulator's truth, joints of hands by an hourglass, other labels by a small\n" +
			"network. Networks learn from other rendered images. Figures go to labels.json in the run folder,\n" +
			"the worst pairs to labels-worst.png beside them.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run `FOLDER` of the refiner", Required: true},
			checkpointFlag(),
			&cli.StringFlag{Name: "json", Usage: "write the figures to `FILE` (default: labels.json in the run folder)"},
			&cli.StringFlag{Name: "synthetic", Usage: "labelled synthetic images, a `SPEC` (default: the run's)"},
			labelsFlag("label columns to compare with a small network, `A,B` " +
				"(default: all, with the method that fits the data)"),
			&cli.IntFlag{Name: "n", Value: 200, Usage: "rendered images, each compared with its refined version"},
			&cli.Float64Flag{
				Name: "limit", DefaultText: "none",
				Usage: "exit with code 3 if the mean shift exceeds this, in the unit of the table's first row",
			},
			&cli.IntFlag{Name: "steps", Value: 1500, Usage: "most steps of the network; it stops early"},
			&cli.IntFlag{Name: "batch", Value: 32, Usage: "images per step"},
			&cli.Float64Flag{Name: "lr", Value: 1e-3, Usage: "Adam's learning rate"},
			&cli.IntFlag{Name: "width", Value: 64, Usage: "feature maps of the hourglass"},
			&cli.StringFlag{Name: "device", Value: "auto", Usage: "auto, cpu, cuda or cuda:N"},
		},
		Action: runEvalLabels,
	}
}

func runEvalLabels(c *cli.Context) error {
	names, err := columns(c.String("labels"))
	if err != nil {
		return err
	}
	limit := c.Float64("limit")
	if c.IsSet("limit") && !(limit > 0) {
		return exit.Usagef("--limit is %g; use more than 0", limit)
	}
	run := c.String("run")
	var found *eval.LabelsResult
	err = runEval(c.Context, evalOptions{
		Options: eval.Options{
			Runs: []string{run}, Checkpoint: c.String("checkpoint"), Synthetic: c.String("synthetic"), Seeds: 1, Variants: 1,
			Estimator: eval.EstimatorConfig{
				Steps: c.Int("steps"), Batch: c.Int("batch"), LR: c.Float64("lr"), Width: c.Int("width"),
			},
		},
		device: c.String("device"), json: c.String("json"), file: rundir.LabelsFile,
	}, func(ctx context.Context, o eval.Options) (any, string, error) {
		r, worst, err := eval.Labels(ctx, o, eval.LabelOptions{Pairs: c.Int("n"), Columns: names, Limit: limit})
		if err != nil {
			return nil, "", err
		}
		found = r
		figures := cmp.Or(c.String("json"), filepath.Join(run, rundir.LabelsFile))
		path := strings.TrimSuffix(figures, ".json") + "-worst.png" // rundir.WorstFile in the run folder
		text := fmt.Sprintf("%sthe %d worst pairs are in %s\n", r.Table(), len(r.Worst), path)
		return r, text, picture.EncodePNG(path, worst.Image)
	}, c.App.Writer)
	if err == nil && limit > 0 && found.Moved {
		return fmt.Errorf("--limit %g: %s: %w", limit, found.Reading(), exit.ErrGuard)
	}
	return err
}
