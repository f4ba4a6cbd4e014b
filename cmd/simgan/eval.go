package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"simgan/eval"
	"simgan/internal/exit"
	"simgan/trainer/rundir"
)

// evalOptions holds the flags of an evaluation.
type evalOptions struct {
	eval.Options
	device, json string
	file         string // that --json is by default, in the run folder; "": eval.json
	ofRun        bool   // the figures go to the run's eval.json, which may hold others
	dealt        bool   // several processes share the work
}

func newEvalCommand() *cli.Command {
	return &cli.Command{
		Name: "eval", Usage: "measures what refining gained",
		UsageText: "simgan eval gaze --run runs/demo\n" +
			"simgan eval hand --run runs/demo-hand\n" +
			"simgan eval regression --run runs/mine --labels x,y",
		Subcommands: []*cli.Command{
			evalCommand("gaze",
				"gaze error, on held-out real images, of estimators trained on synthetic, adapted, refined and real images", "demo",
				1500, 32, 1e-3, []cli.Flag{
					&cli.Float64Flag{
						Name: "shift", Value: 0.016,
						Usage: "random shifts in training, of all rows: standard deviation as a share of the width",
					},
					selfTrainingFlag(),
				}, func(ctx context.Context, o eval.Options) (any, string, error) {
					r, err := eval.Gaze(ctx, o)
					return r, table(r, err), err
				}),
			evalCommand("hand",
				"joint error, on held-out real images, of hourglasses trained on synthetic, adapted, refined and real images",
				"demo-hand",
				1500, 32, 1e-3, []cli.Flag{
					&cli.IntFlag{Name: "width", Value: 64, Usage: "feature maps of the hourglass; 256 in Newell et al."},
					selfTrainingFlag(),
				},
				func(ctx context.Context, o eval.Options) (any, string, error) {
					r, err := eval.Hand(ctx, o)
					return r, table(r, err), err
				}),
			newEvalRegressionCommand(),
			newEvalClassificationCommand(),
			newEvalExternalCommand(),
			flickerCommand(),
			newEvalLabelsCommand(),
			evalRealismCommand(),
		},
	}
}

// selfTrainingFlag is that of the tasks whose estimators are ours.
func selfTrainingFlag() cli.Flag {
	return &cli.BoolFlag{
		Name: "self-training",
		Usage: "add rows control+self-training and refined+self-training: the estimator also learns from unlabelled real " +
			"images, which a running mean of its own weights labels; these rows take twice as long",
	}
}

func table(r interface{ Table() string }, err error) string {
	if err != nil {
		return ""
	}
	return r.Table()
}

// evaluate makes a result for JSON and for the terminal.
type evaluate func(ctx context.Context, o eval.Options) (result any, table string, err error)

// evalCommand compares estimators of one task; steps, batch and lr are its defaults.
func evalCommand(name, usage, preset string, steps, batch int, lr float64, more []cli.Flag, f evaluate) *cli.Command {
	run := "runs/" + preset
	return &cli.Command{
		Name: name, Usage: usage,
		UsageText: fmt.Sprintf("simgan eval %s --run %s", name, run),
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{
				Name: "run",
				Usage: "the refiner's run `FOLDER`, or the folder that train --seeds filled; repeat it for runs that differ " +
					"only in their seed",
				Required: true,
			},
			checkpointFlag(),
			&cli.StringFlag{
				Name:  "json",
				Usage: "write the figures to `FILE` (default: eval.json in the folder of --run; none with --only)",
			},
			&cli.StringFlag{Name: "synthetic", Usage: "labelled synthetic images, a `SPEC` (default: the run's)"},
			&cli.StringFlag{
				Name: "real",
				Usage: "real training images, a `SPEC` (default: the run's). The row control is fitted to them; the row real " +
					"needs their labels",
			},
			&cli.StringFlag{Name: "test", Usage: "held-out labelled real images, a `SPEC` (default: the run's data.test)"},
			&cli.StringFlag{
				Name:  "only",
				Usage: "evaluate only one row: synthetic, control, refined, refined+control, real, or one of --self-training",
			},
			&cli.StringFlag{
				Name: "save",
				Usage: "keep what is trained in `FOLDER`: weights, ROW-seed-N.safetensors (train.psi_weights takes those of " +
					"gaze), or the folders of images of eval external",
			},
			&cli.BoolFlag{
				Name: "choose",
				Usage: "evaluate the refined images of every kept checkpoint on --test, images for choosing alone, and make the " +
					"one with the best figure the run's best (--checkpoint best)",
			},
			&cli.IntFlag{Name: "seeds", Value: 3, Usage: "estimators trained on each kind of images"},
			&cli.IntFlag{Name: "variants", Value: 4, Usage: "refined versions of each image, if the refiner takes noise"},
			&cli.IntFlag{
				Name: "steps", Value: steps,
				Usage: "most steps per estimator; training stops early when the held-out error stops falling",
			},
			&cli.IntFlag{Name: "batch", Value: batch, Usage: "images per step"},
			&cli.Float64Flag{
				Name: "lr", Value: lr,
				Usage: "Adam's learning rate; in the last third of the steps it falls linearly to 0",
			},
			&cli.StringFlag{Name: "device", Value: "auto", Usage: "auto, cpu, cuda or cuda:N"},
		}, more...),
		Action: func(c *cli.Context) error {
			f, file := f, ""
			if c.Bool("choose") {
				if runs := c.StringSlice("run"); c.IsSet("json") || len(runs) != 1 || !slices.Equal(rundir.Runs(runs[0]), runs) {
					return exit.Usagef("--choose is of one --run, and takes no --json: it writes %s into the run's folder",
						rundir.BestFile)
				}
				f, file = choosing(f), rundir.BestFile
			}
			return runEval(c.Context, evalOptions{
				file: file,
				Options: eval.Options{
					Runs: c.StringSlice("run"), Checkpoint: c.String("checkpoint"),
					Synthetic: c.String("synthetic"), Real: c.String("real"), Test: c.String("test"),
					Only: c.String("only"), Save: c.String("save"), SelfTraining: c.Bool("self-training"),
					Seeds: c.Int("seeds"), Variants: c.Int("variants"), Out: c.App.Writer,
					Estimator: eval.EstimatorConfig{
						Steps: c.Int("steps"), Batch: c.Int("batch"), LR: c.Float64("lr"), Width: c.Int("width"),
						Shift: c.Float64("shift"),
					},
				},
				device: c.String("device"), json: c.String("json"), dealt: true,
			}, f, c.App.Writer)
		},
	}
}

// choosing evaluates every checkpoint of a run by f, and returns which is best.
func choosing(f evaluate) evaluate {
	return func(ctx context.Context, o eval.Options) (any, string, error) {
		choice, err := eval.Choose(ctx, o, func(ctx context.Context, o eval.Options) (any, error) {
			result, _, err := f(ctx, o)
			return result, err
		})
		return choice, table(choice, err), err
	}
}
