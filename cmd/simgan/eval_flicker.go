package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/eval"
	"simgan/internal/jsonfile"
	"simgan/trainer/rundir"
)

func flickerCommand() *cli.Command {
	return &cli.Command{
		Name: "flicker", Usage: "measures the flicker of refined clips, with independent noise and with noise held per clip",
		UsageText: "simgan eval flicker --run runs/demo\n" +
			"simgan eval flicker --run runs/mine --data folder:clips --real folder:photographed " +
			"--estimator est/real-seed-1.safetensors",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run `FOLDER` of the refiner", Required: true},
			checkpointFlag(),
			&cli.StringFlag{
				Name:  "data",
				Usage: "rendered clips with motion.csv or frames=N, a `SPEC` (default: the run's built-in eyes in clips)",
			},
			&cli.StringFlag{Name: "real", Usage: "real clips likewise, a `SPEC`"},
			&cli.StringFlag{
				Name: "estimator", Usage: "safetensors `FILE` of a gaze estimator (eval gaze --save): its jitter is measured too",
			},
			&cli.StringFlag{Name: "json", Usage: "write the figures to `FILE` (default: flicker.json in the folder of --run)"},
			&cli.StringFlag{Name: "device", Value: "auto", Usage: "auto, cpu, cuda or cuda:N"},
		},
		Action: func(c *cli.Context) error {
			o := eval.FlickerOptions{
				Run: c.String("run"), Checkpoint: c.String("checkpoint"), Data: c.String("data"), Real: c.String("real"),
				Estimator: c.String("estimator"),
			}
			json := c.String("json")
			if json == "" {
				json = filepath.Join(o.Run, rundir.FlickerFile)
			}
			return runFlicker(c.Context, o, c.String("device"), json, c.App.Writer)
		},
	}
}

func runFlicker(ctx context.Context, o eval.FlickerOptions, device, json string, out io.Writer) (err error) {
	if err := writable(json); err != nil {
		return err
	}
	if _, _, err := joinEval(ctx, false); err != nil {
		return err
	}
	if _, err := cgo.Start(0); err != nil {
		return err
	}
	if o.Device, err = cgo.ParseDevice(device); err != nil {
		return err
	}
	progress := &stages{out: out}
	o.Progress = progress.set
	result, err := eval.Flicker(ctx, o)
	progress.clear()
	if err != nil {
		return err
	}
	fmt.Fprint(out, result.Table())
	if err := jsonfile.Write(json, result); err != nil {
		return err
	}
	fmt.Fprintf(out, "written to %s\n", json)
	return nil
}
