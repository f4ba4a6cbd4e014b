package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"simgan/eval/report"
	"simgan/trainer"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// trainOptions holds the flags of train.
type trainOptions struct {
	preset, config string
	settings       []string
	run            string
	resume, goOn   bool // --resume, --continue
	dry            bool
	until          int
}

func newTrainCommand() *cli.Command {
	return &cli.Command{
		Name: "train", Usage: "trains a refiner; with no data configured, on the built-in eyes",
		UsageText: "simgan train --preset gaze-demo --run runs/demo\n" +
			"simgan train --preset gaze --set data.synthetic=unityeyes:renders " +
			"--set data.real=folder:photos,size=35x55,grey=true --run runs/mine\n" +
			"simgan train --run runs/mine --resume --set train.lr_refiner=1e-4\n" +
			"simgan train --run runs/job --continue --preset gaze-paper-v1\n" +
			"simgan train --run runs/five --seeds 5 --preset gaze\n" +
			"simgan train --preset hand-paper --device cuda:1 --dry-run",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "preset", Usage: strings.Join(config.PresetNames(), ", ")},
			&cli.StringFlag{Name: "config", Usage: "YAML `FILE` over the preset, as a run's config.yaml"},
			&cli.StringSliceFlag{Name: "set", Usage: "one `KEY=VALUE` over both, as train.steps=500; may be repeated"},
			&cli.StringFlag{Name: "run", Usage: "run `FOLDER` (default: runs/<time>)"},
			&cli.BoolFlag{Name: "resume", Usage: "continue from the newest checkpoint of --run, with its config and --set"},
			&cli.BoolFlag{Name: "continue", Usage: "start --run, or resume it if it has begun: for jobs that are queued again"},
			&cli.IntFlag{
				Name: "until", DefaultText: "none",
				Usage: "pause after `STEP` of Algorithm 1, saved; --resume continues exactly",
			},
			&cli.StringFlag{Name: "device", DefaultText: "the config's", Usage: "auto, cpu, cuda or cuda:N"},
			&cli.Uint64Flag{Name: "seed", DefaultText: "the config's", Usage: "of weights, order, noise and history"},
			&cli.IntFlag{
				Name: "seeds", DefaultText: "one run",
				Usage: "train `N` runs that differ in their seed, --run/seed-1 and so on; those that have begun are resumed",
			},
			&cli.BoolFlag{
				Name:  "dry-run",
				Usage: "print the resolved config, open the data, report what the run takes, and stop",
			},
		},
		Action: func(c *cli.Context) error {
			o := trainOptions{
				preset: c.String("preset"), config: c.String("config"), settings: c.StringSlice("set"),
				run: c.String("run"), resume: c.Bool("resume"), goOn: c.Bool("continue"), dry: c.Bool("dry-run"),
				until: c.Int("until"),
			}
			if c.IsSet("device") {
				o.settings = append(o.settings, "device="+c.String("device"))
			}
			seed := uint64(1)
			if c.IsSet("seed") {
				seed = c.Uint64("seed")
			}
			if c.IsSet("seeds") {
				return runSeeds(c.Context, o, seed, c.Int("seeds"), c.App.Writer)
			}
			if c.IsSet("seed") {
				o.settings = append(o.settings, fmt.Sprintf("seed=%d", seed))
			}
			return runTrain(c.Context, o, c.App.Writer)
		},
	}
}

func runTrain(ctx context.Context, o trainOptions, out io.Writer) error {
	p, err := o.plan()
	if err != nil {
		return err
	}
	if o.run == "" {
		o.run = filepath.Join("runs", time.Now().Format("20060102-150405"))
	}
	if o.dry {
		return p.try(ctx, o.run, out)
	}
	err = trainer.Run(ctx, p.config, trainer.Options{
		Dir: o.run, Resume: p.resume, Until: o.until, Out: out, Notes: p.notes,
		Process: thisProcess(rundir.TrainWork), Page: report.WriteLive,
	})
	if _, unfinished := os.Stat(filepath.Join(o.run, rundir.DoneFile)); err == nil && unfinished == nil {
		next(out, "refine", "--run", o.run, "--data", p.config.Data.Synthetic, "--out", filepath.Clean(o.run)+"-refined")
	}
	return err
}
