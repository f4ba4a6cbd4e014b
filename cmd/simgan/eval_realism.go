package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"simgan/eval"
	"simgan/trainer/rundir"
)

func evalRealismCommand() *cli.Command {
	return &cli.Command{
		Name: "realism", Usage: "how far synthetic, adapted and refined images are from real ones, without labels",
		Description: "Three figures per row. A network learns to tell half of the images from real ones; the figure is how " +
			"often it is right\non the other half, 50 % being a guess. KID compares features that a network learned from " +
			"real images.\nThe distance is what training measures as realism_distance: how well a linear classifier tells them\n" +
			"apart. docs/realism.md says more.",
		UsageText: "simgan eval realism --run runs/demo\n" +
			"simgan eval realism --run runs/demo --checkpoint best --json realism-best.json\n" +
			"simgan eval realism --refined folder:refined --real folder:photos,size=35x55,grey=true",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{
				Name: "run",
				Usage: "the refiner's run `FOLDER`, or the folder that train --seeds filled; repeat it for runs that differ " +
					"only in their seed",
			},
			checkpointFlag(),
			&cli.StringFlag{
				Name: "json", Usage: "write the figures to `FILE` (default: realism.json in the folder of --run; none with --only)",
			},
			&cli.StringFlag{Name: "synthetic", Usage: "synthetic images, a `SPEC` (default: the run's)"},
			&cli.StringFlag{Name: "refined", Usage: "refined images to compare instead of a run's, a `SPEC`"},
			&cli.StringFlag{Name: "real", Usage: "real images, a `SPEC` (default: the run's)"},
			&cli.StringFlag{Name: "only", Usage: "measure only one row: synthetic, control, refined or real"},
			&cli.IntFlag{Name: "images", Value: 2000, Usage: "most images per row; at most half of the real ones"},
			&cli.IntFlag{
				Name: "steps", Value: 600, Usage: "steps per network; that of KID's features may stop early",
			},
			&cli.IntFlag{Name: "batch", Value: 32, Usage: "images per step"},
			&cli.Float64Flag{
				Name: "lr", Value: 1e-3, Usage: "Adam's learning rate; in the last third of the steps it falls linearly to 0",
			},
			&cli.StringFlag{Name: "device", Value: "auto", Usage: "auto, cpu, cuda or cuda:N"},
		},
		Action: func(c *cli.Context) error {
			o := evalOptions{
				Options: eval.Options{
					Runs: c.StringSlice("run"), Checkpoint: c.String("checkpoint"), Synthetic: c.String("synthetic"),
					Real: c.String("real"), Only: c.String("only"),
					Estimator: eval.EstimatorConfig{Steps: c.Int("steps"), Batch: c.Int("batch"), LR: c.Float64("lr")},
				},
				device: c.String("device"), json: c.String("json"), file: rundir.RealismFile,
			}
			measure := func(ctx context.Context, o eval.Options) (any, string, error) {
				r, err := eval.Realism(ctx, eval.RealismOptions{Options: o, Refined: c.String("refined"), Images: c.Int("images")})
				return r, table(r, err), err
			}
			return runEval(c.Context, o, measure, c.App.Writer)
		},
	}
}
