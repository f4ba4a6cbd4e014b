package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"simgan/data"
	"simgan/internal/bar"
	"simgan/internal/exit"
)

func newSimulateCommand() *cli.Command {
	return &cli.Command{
		Name: "simulate", Usage: "writes built-in eyes or hands in a real data set's own format", ArgsUsage: "eyes|hands",
		UsageText: "simgan simulate eyes --n 1000 --out renders --format unityeyes\n" +
			"simgan simulate hands --n 1000 --out hands --format nyu",
		Subcommands: []*cli.Command{
			simulateCommand("eyes", "mpiigaze", "synthetic (as rendered) or real (as a webcam sees them); "+
				"the SPEC simulated:eyes,effects=NAME+NAME has single traits of real",
				"folder (PNG with labels.csv), unityeyes or mpiigaze (two eyes per frame)",
				&cli.BoolFlag{Name: "clips", Usage: "clips of a moving camera, a folder per clip, with motion.csv"},
				&cli.IntFlag{Name: "frames", Value: 16, Usage: "images per clip, with --clips"}),
			simulateCommand("hands", "nyu", "synthetic (as rendered) or real (as a Kinect sees them)",
				"folder (16-bit crops with labels.csv) or nyu"),
		},
	}
}

func simulateCommand(what, format, domains, formats string, more ...cli.Flag) *cli.Command {
	return &cli.Command{
		Name: what, Usage: "labelled " + what,
		UsageText: fmt.Sprintf("simgan simulate %[1]s --domain synthetic --n 1000 --out renders\n"+
			"simgan simulate %[1]s --domain real --n 2000 --out photos --format %[2]s --seed 2", what, format),
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "domain", Value: "synthetic", Usage: domains},
			&cli.IntFlag{Name: "n", Value: 1000, Usage: "images"},
			&cli.StringFlag{Name: "out", Usage: "new `FOLDER`", Required: true},
			&cli.StringFlag{Name: "format", Value: "folder", Usage: formats},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "seed of the scenes"},
		}, more...),
		Action: func(c *cli.Context) error {
			progress := bar.New(c.App.Writer, "simulating", what)
			err := simulate(c, what, progress)
			progress.Clear()
			if err == nil {
				fmt.Fprintf(c.App.Writer, "%d %s are in %s\n", c.Int("n"), what, c.String("out"))
				next(c.App.Writer, "check", c.String("format")+":"+c.String("out"))
			}
			return err
		},
	}
}

func simulate(c *cli.Context, what string, progress *bar.Bar) error {
	domain, n, seed, out := c.String("domain"), c.Int("n"), c.Uint64("seed"), c.String("out")
	switch {
	case !c.Bool("clips") && c.IsSet("frames"):
		return exit.Usagef("--frames belongs to --clips")
	case !c.Bool("clips"):
		return data.Simulate(c.Context, what, domain, c.String("format"), n, seed, out, progress.Set)
	case c.String("format") != "folder":
		return exit.Usagef("--clips are written with --format folder, not %s", c.String("format"))
	}
	return data.SimulateClips(c.Context, domain, n, c.Int("frames"), seed, out, progress.Set)
}
