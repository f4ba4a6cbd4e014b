package main

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/data"
	"simgan/eval"
)

func newRefineCommand() *cli.Command {
	return &cli.Command{
		Name: "refine", Usage: "writes a refined data set with its labels",
		UsageText: "simgan refine --run runs/mine --data unityeyes:renders --out refined\n" +
			"simgan refine --run runs/mine --data unityeyes:renders --out refined --variants 4",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run `FOLDER` of the refiner", Required: true},
			&cli.StringFlag{Name: "data", Usage: "images to refine, a `SPEC`", Required: true},
			&cli.StringFlag{Name: "out", Usage: "new `FOLDER`", Required: true},
			&cli.IntFlag{Name: "variants", Value: 1, Usage: "refined versions of each image"},
			&cli.StringFlag{Name: "device", Value: "auto", Usage: "auto, cpu, cuda or cuda:N"},
		},
		Action: func(c *cli.Context) error {
			return runRefine(c.Context, eval.RefineOptions{
				Run: c.String("run"), Data: c.String("data"), Out: c.String("out"), Variants: c.Int("variants"),
			}, c.String("device"), c.App.Writer)
		},
	}
}

func runRefine(ctx context.Context, o eval.RefineOptions, device string, out io.Writer) (err error) {
	if _, err := cgo.Start(0); err != nil {
		return err
	}
	if o.Device, err = cgo.ParseDevice(device); err != nil {
		return err
	}
	o.Done = func(int, int) {}
	if err := eval.RefineSet(ctx, o); err != nil {
		return err
	}
	fmt.Fprintf(out, "refined images, their labels in the source's own form and manifest.csv are in %s; read them as folder:%s\n", o.Out, o.Out)
	return nil
}

func newSimulateCommand() *cli.Command {
	return &cli.Command{
		Name: "simulate", Usage: "writes built-in eyes or hands in a real data set's own format", ArgsUsage: "eyes|hands",
		UsageText: "simgan simulate eyes --n 1000 --out renders --format unityeyes\n" +
			"simgan simulate hands --n 1000 --out hands --format nyu",
		Subcommands: []*cli.Command{
			simulateCommand("eyes", "mpiigaze", "synthetic (as rendered) or real (as a webcam sees them)", "folder (PNG with labels.csv), unityeyes or mpiigaze (two eyes a frame)"),
			simulateCommand("hands", "nyu", "synthetic (as rendered) or real (as a Kinect sees them)", "folder (16-bit crops with labels.csv) or nyu"),
		},
	}
}

func simulateCommand(what, format, domains, formats string) *cli.Command {
	return &cli.Command{
		Name: what, Usage: "labelled " + what,
		UsageText: fmt.Sprintf("simgan simulate %[1]s --domain synthetic --n 1000 --out renders\n"+
			"simgan simulate %[1]s --domain real --n 2000 --out photos --format %[2]s --seed 2", what, format),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "domain", Value: "synthetic", Usage: domains},
			&cli.IntFlag{Name: "n", Value: 1000, Usage: "images"},
			&cli.StringFlag{Name: "out", Usage: "new `FOLDER`", Required: true},
			&cli.StringFlag{Name: "format", Value: "folder", Usage: formats},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the scenes"},
		},
		Action: func(c *cli.Context) error {
			err := data.Simulate(c.Context, what, c.String("domain"), c.String("format"), c.Int("n"), c.Uint64("seed"), c.String("out"), func(int) {})
			if err == nil {
				fmt.Fprintf(c.App.Writer, "%d %s are in %s\n", c.Int("n"), what, c.String("out"))
			}
			return err
		},
	}
}
