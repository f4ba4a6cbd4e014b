package main

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/internal/exit"
	"simgan/sweep"
)

// sweepOptions holds the flags of sweep.
type sweepOptions struct {
	file, dir    string
	mode         string // "": run the sweep; else the name of the flag that was given
	trial        int
	image, claim string
}

// sweepModes lists the flags that do something else than run the sweep.
var sweepModes = []string{"print-commands", "slurm", "kubernetes", "trial", "collect"}

func newSweepCommand() *cli.Command {
	return &cli.Command{
		Name:      "sweep",
		Usage:     "searches hyperparameters: grid, random or TPE, with early stopping; the same call continues a sweep",
		ArgsUsage: "FILE",
		UsageText: "simgan sweep scripts/sweep-lambda.yaml\nsimgan sweep --slurm FILE | sbatch",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dir", Usage: "`FOLDER` of the trials and results (default: the file's dir, or runs/<file>)"},
			&cli.BoolFlag{Name: "print-commands", Usage: "print a shell line per trial, and stop"},
			&cli.BoolFlag{Name: "slurm", Usage: "print a Slurm job-array script, and stop"},
			&cli.BoolFlag{Name: "kubernetes", Usage: "print a ConfigMap and an indexed Job, and stop"},
			&cli.IntFlag{Name: "trial", Usage: "run only trial `K`, as a task of an array does"},
			&cli.BoolFlag{Name: "collect", Usage: "write the results of the trials so far, and stop"},
			&cli.StringFlag{Name: "image", Value: "simgan-train", Usage: "`IMAGE` of --kubernetes"},
			&cli.StringFlag{
				Name: "claim", Value: "simgan",
				Usage: "persistent volume `CLAIM` of --kubernetes, with the folders runs and data",
			},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return exit.Usagef("sweep takes one FILE, after all options: simgan sweep [options] FILE")
			}
			o := sweepOptions{
				file: c.Args().First(), dir: c.String("dir"), trial: c.Int("trial"),
				image: c.String("image"), claim: c.String("claim"),
			}
			for _, mode := range sweepModes {
				if c.IsSet(mode) && o.mode != "" {
					return exit.Usagef("--%s and --%s: give one of them", o.mode, mode)
				}
				if c.IsSet(mode) {
					o.mode = mode
				}
			}
			return runSweep(c.Context, o, c.App.Writer)
		},
	}
}

func runSweep(ctx context.Context, o sweepOptions, out io.Writer) error {
	s, err := sweep.Load(o.file, o.dir)
	if err != nil {
		return err
	}
	s.Program = invokedAs
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var text string
	switch o.mode {
	case "print-commands":
		var lines []string
		lines, err = s.Commands(self)
		text = strings.Join(append(lines, ""), "\n")
	case "slurm":
		text, err = s.Slurm(self)
	case "kubernetes":
		var manifest []byte
		manifest, err = s.Kubernetes(o.image, o.claim)
		text = string(manifest)
	case "trial":
		return sweep.RunTrial(ctx, s, o.trial, sweep.Options{Out: out})
	case "collect":
		return s.WriteResults(out)
	default:
		return sweep.Run(ctx, s, sweep.Options{Out: out})
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
}
