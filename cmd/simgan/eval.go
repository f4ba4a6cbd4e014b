package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/google/renameio/v2"
	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/eval"
)

// evalOptions are the flags of eval gaze.
type evalOptions struct {
	eval.Options
	device, json string
}

func newEvalCommand() *cli.Command {
	return &cli.Command{
		Name: "eval", Usage: "figures of what refining gained",
		UsageText: "simgan eval gaze --run runs/demo",
		Subcommands: []*cli.Command{{
			Name: "gaze", Usage: "gaze error of estimators trained on synthetic, refined and real images, on held-out real ones",
			UsageText: "simgan eval gaze --run runs/demo --json runs/demo/eval.json\n" +
				"simgan eval gaze --run runs/mine --test mpiigaze:MPIIGaze,subset=evaluation --seeds 5",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "run", Usage: "run `FOLDER` of the refiner", Required: true},
				&cli.StringFlag{Name: "json", Usage: "write the figures to `FILE` too"},
				&cli.StringFlag{Name: "synthetic", Usage: "labelled synthetic images, a `SPEC` (default: the run's)"},
				&cli.StringFlag{Name: "real", Usage: "real training images, a `SPEC` (default: the run's); used where they have labels"},
				&cli.StringFlag{Name: "test", Usage: "held-out labelled real images, a `SPEC` (default: the run's data.test)"},
				&cli.StringFlag{Name: "only", Usage: "judge only one kind of images: synthetic, refined or real"},
				&cli.IntFlag{Name: "seeds", Value: 3, Usage: "estimators trained on each kind"},
				&cli.IntFlag{Name: "variants", Value: 4, Usage: "refined versions of each image, where the refiner takes noise"},
				&cli.IntFlag{Name: "steps", Value: 600, Usage: "updates of each estimator"},
				&cli.IntFlag{Name: "batch", Value: 64, Usage: "images an update"},
				&cli.Float64Flag{Name: "lr", Value: 5e-4, Usage: "Adam's learning rate, falling linearly to 0"},
				&cli.StringFlag{Name: "device", Value: "auto", Usage: "auto, cpu, cuda or cuda:N"},
			},
			Action: func(c *cli.Context) error {
				return runEvalGaze(c.Context, evalOptions{
					Options: eval.Options{
						Run: c.String("run"), Synthetic: c.String("synthetic"), Real: c.String("real"), Test: c.String("test"), Only: c.String("only"),
						Seeds: c.Int("seeds"), Variants: c.Int("variants"), Out: c.App.Writer,
						Estimator: eval.EstimatorConfig{Steps: c.Int("steps"), Batch: c.Int("batch"), LR: c.Float64("lr")},
					},
					device: c.String("device"), json: c.String("json"),
				}, c.App.Writer)
			},
		}},
	}
}

func runEvalGaze(ctx context.Context, o evalOptions, out io.Writer) error {
	if err := cgo.Start(0); err != nil {
		return err
	}
	device, err := cgo.ParseDevice(o.device)
	if err != nil {
		return err
	}
	o.Estimator.Device, o.Estimator.BFloat = device, cgo.HasBFloat16(device)
	result, err := eval.Gaze(ctx, o.Options)
	if err != nil {
		return err
	}
	fmt.Fprint(out, "\n", result.Table())
	if o.json == "" {
		return nil
	}
	text, err := json.MarshalIndent(result, "", " ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(o.json, append(text, '\n'), 0o644)
}
