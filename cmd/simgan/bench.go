package main

import (
	"github.com/urfave/cli/v2"

	"simgan/bench"
)

func newBenchCommand() *cli.Command {
	return &cli.Command{
		Name: "bench", Usage: "measures speed, beside PyTorch if a Python is given",
		UsageText:   "simgan bench train\nsimgan bench loader",
		Subcommands: []*cli.Command{newBenchLoaderCommand(), newBenchTrainCommand()},
	}
}

func newBenchTrainCommand() *cli.Command {
	return &cli.Command{
		Name:  "train",
		Usage: "times Algorithm 1 on images in memory, simgan and PyTorch alternately; fails if their losses differ",
		UsageText: "simgan bench train\n" +
			"simgan bench train --preset gaze --python venv/bin/python --set train.batch=32 --markdown bench.md\n" +
			"simgan bench train --device cuda --python venv/bin/python --preset gaze,train.batch=512 --preset hand",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{
				Name: "preset", Value: cli.NewStringSlice("gaze"),
				Usage: "`NAME[,KEY=VALUE...]` of networks and batch; may be repeated. In both programs K_g is 2 and " +
					"lambda 0.02; noise, history, EMA, R1, l_label, l_div and reg_limit are off",
			},
			&cli.StringSliceFlag{Name: "set", Usage: "one `KEY=VALUE` over every preset; may be repeated"},
			&cli.StringFlag{Name: "device", Value: "cpu", Usage: "cpu, cuda or cuda:N"},
			&cli.IntFlag{Name: "rounds", Value: 5, Usage: "turns of each contestant"},
			&cli.IntFlag{Name: "iterations", Value: 6, Usage: "iterations per turn, after some that warm up"},
			&cli.StringFlag{
				Name:  "python",
				Usage: "a Python with torch 2.11.0 (scripts/python.sh prints one); without it simgan runs alone",
			},
			&cli.StringFlag{Name: "script", Value: "scripts/parity.py", Usage: "the PyTorch reference"},
			&cli.StringFlag{Name: "json", Usage: "write all figures to `FILE`"},
			&cli.StringFlag{Name: "markdown", Usage: "write the tables to `FILE`"},
			&cli.StringFlag{
				Name: "scaling",
				Usage: "instead, measure how time and memory grow with batch, image side, width, blocks, threads and history, " +
					"and write a plot to `FILE.svg`",
			},
			&cli.IntFlag{Name: "side", Hidden: true, Usage: "square images of this many pixels a side"},
			&cli.IntFlag{Name: "history", Hidden: true, Usage: "train.history"},
			&cli.BoolFlag{Name: "unchecked", Hidden: true, Usage: "leave out the losses of the first steps"},
			&cli.StringFlag{
				Name: "only", Hidden: true,
				Usage: "print one thing as JSON: simgan's turn in this precision, peak (of matrix products) or device",
			},
		},
		Action: func(c *cli.Context) error {
			o := bench.TrainOptions{
				Presets: c.StringSlice("preset"), Settings: c.StringSlice("set"), Device: c.String("device"),
				Rounds: c.Int("rounds"), Iterations: c.Int("iterations"), Python: c.String("python"), Script: c.String("script"),
				JSON: c.String("json"), Markdown: c.String("markdown"), Only: c.String("only"),
				Scaling: c.String("scaling"),
			}
			o.Side, o.History, o.Unchecked = c.Int("side"), c.Int("history"), c.Bool("unchecked")
			return bench.Train(c.Context, o, c.App.Writer)
		},
	}
}

func newBenchLoaderCommand() *cli.Command {
	return &cli.Command{
		Name:      "loader",
		Usage:     "times mini-batches on their way to the device, beside PyTorch's DataLoader if a Python is given",
		UsageText: "simgan bench loader --data unityeyes:renders --data pack:renders.pack --python venv/bin/python",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{
				Name: "data", Required: true,
				Usage: "a `SPEC` (the script reads unityeyes: and pack:); may be repeated",
			},
			&cli.StringFlag{Name: "device", Value: "cpu", Usage: "cpu, cuda or cuda:N"},
			&cli.IntFlag{Name: "batch", Value: 64, Usage: "images per mini-batch"},
			&cli.IntFlag{Name: "workers", Usage: "goroutines, and the script's processes (default: one per core)"},
			&cli.IntFlag{Name: "rounds", Value: 3, Usage: "turns of each contestant"},
			&cli.Float64Flag{Name: "seconds", Value: 5, Usage: "length of a turn"},
			&cli.StringFlag{
				Name: "python",
				Usage: "a Python with torch, numpy, pillow, torchvision and simplejpeg (scripts/requirements-loader.txt); " +
					"without it simgan runs alone",
			},
			&cli.StringFlag{Name: "script", Value: "scripts/loader.py", Usage: "the PyTorch reference"},
			&cli.StringFlag{Name: "json", Usage: "write all figures to `FILE`"},
			&cli.StringFlag{Name: "only", Usage: "measure simgan once on this SPEC and print it as JSON", Hidden: true},
		},
		Action: func(c *cli.Context) error {
			return bench.Loader(c.Context, bench.LoaderOptions{
				Data: c.StringSlice("data"), Device: c.String("device"), Batch: c.Int("batch"), Workers: c.Int("workers"),
				Rounds: c.Int("rounds"), Seconds: c.Float64("seconds"), Python: c.String("python"), Script: c.String("script"),
				JSON: c.String("json"), Only: c.String("only"),
			}, c.App.Writer)
		},
	}
}
