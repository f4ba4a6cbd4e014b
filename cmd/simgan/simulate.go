package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"simgan/data"
	"simgan/internal/bar"
)

func newSimulateCommand() *cli.Command {
	return &cli.Command{
		Name: "simulate", Usage: "writes built-in eyes or hands in a real data set's own format", ArgsUsage: "eyes|hands",
		UsageText: "simgan simulate eyes --n 1000 --out renders --format unityeyes\n" +
			"simgan simulate hands --n 1000 --out hands --format nyu",
		Subcommands: []*cli.Command{
			simulateCommand("eyes", "mpiigaze", "synthetic (as rendered) or real (as a webcam sees them); "+
				"the SPEC simulated:eyes,effects=NAME+NAME has single traits of real",
				"folder (PNG with labels.csv), unityeyes or mpiigaze (two eyes per frame)"),
			simulateCommand("hands", "nyu", "synthetic (as rendered) or real (as a Kinect sees them)",
				"folder (16-bit crops with labels.csv) or nyu"),
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
			progress := bar.New(c.App.Writer, "simulating", what)
			err := data.Simulate(c.Context, what, c.String("domain"), c.String("format"), c.Int("n"), c.Uint64("seed"),
				c.String("out"), progress.Set)
			progress.Clear()
			if err == nil {
				fmt.Fprintf(c.App.Writer, "%d %s are in %s\n", c.Int("n"), what, c.String("out"))
				next(c.App.Writer, "check", c.String("format")+":"+c.String("out"))
			}
			return err
		},
	}
}
