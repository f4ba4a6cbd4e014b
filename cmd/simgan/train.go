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

	"simgan/eval"
	"simgan/eval/report"
	"simgan/internal/ranks"
	"simgan/models"
	"simgan/parallel"
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
	device         string // --device, "" if it is not given
	job            jobOptions
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
			"simgan train --preset hand-paper --device cuda:1 --dry-run\n" +
			"simgan train --preset gaze --run runs/eight --slurm-script --processes 8 | sbatch",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "preset", Usage: strings.Join(config.PresetNames(), ", ")},
			&cli.StringFlag{Name: "config", Usage: "YAML `FILE` over the preset, for example a run's config.yaml"},
			&cli.StringSliceFlag{Name: "set", Usage: "one `KEY=VALUE` over both, for example train.steps=500; may be repeated"},
			&cli.StringFlag{Name: "run", Usage: "run `FOLDER` (default: runs/<time>)"},
			&cli.BoolFlag{Name: "resume", Usage: "continue from the newest checkpoint of --run, with its config and --set"},
			&cli.BoolFlag{Name: "continue", Usage: "start --run, or resume it if it has begun: for jobs that are queued again"},
			&cli.IntFlag{
				Name: "until", DefaultText: "none",
				Usage: "pause after `STEP` of Algorithm 1, saved; --resume continues exactly",
			},
			&cli.StringFlag{Name: "device", DefaultText: "the config's", Usage: "auto, cpu, cuda or cuda:N"},
			&cli.Uint64Flag{Name: "seed", DefaultText: "the config's", Usage: "seed of weights, data order, noise and history"},
			&cli.IntFlag{
				Name: "seeds", DefaultText: "one run",
				Usage: "train `N` runs that differ in their seed, --run/seed-1 and so on; those that have begun are resumed",
			},
			&cli.BoolFlag{
				Name:  "dry-run",
				Usage: "print the resolved config, open the data, report what the run takes, and stop",
			},
		}, jobFlags()...),
		Action: func(c *cli.Context) error {
			o := trainOptions{
				preset: c.String("preset"), config: c.String("config"), settings: c.StringSlice("set"),
				run: c.String("run"), resume: c.Bool("resume"), goOn: c.Bool("continue"), dry: c.Bool("dry-run"),
				until: c.Int("until"), job: jobOptionsOf(c),
			}
			if c.IsSet("device") {
				o.device = c.String("device")
				o.settings = append(o.settings, "device="+o.device)
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
			if o.job.asked() {
				return o.printJob(c.App.Writer)
			}
			return runTrain(c.Context, o, c.App.Writer)
		},
	}
}

// teacher returns what trains the network that sees labels. Process 0 shows a bar for each stage.
func teacher(group *parallel.Group, out io.Writer) trainer.Teach {
	if group.Rank() > 0 {
		out = io.Discard
	}
	return func(ctx context.Context, c config.Config, e *models.ImageEstimator) (float64, error) {
		progress := &stages{out: out}
		defer progress.clear()
		return eval.Teach(ctx, c, e, progress.set)
	}
}

func runTrain(ctx context.Context, o trainOptions, out io.Writer) (err error) {
	place, err := ranks.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	if o.dry {
		return o.try(ctx, place, out)
	}
	p, err := o.plan()
	if err != nil {
		return err
	}
	group, err := parallel.Join(ctx, place, time.Duration(p.Config.Train.Timeout)*time.Second)
	if err != nil {
		return err
	}
	defer func() { group.Leave(err) }()
	if err := p.agree(group, place, o.device); err != nil {
		return err
	}
	err = trainer.Run(ctx, p.Config, trainer.Options{
		Dir: p.Run, Resume: p.Resume, Until: p.Until, Out: out, Notes: p.notes, Group: group,
		Stuck:   func(err error) { leaveAtOnce(group, err) },
		Process: thisProcess(rundir.TrainWork), Page: report.WriteLive, Teach: teacher(group, out),
	})
	_, unfinished := os.Stat(filepath.Join(p.Run, rundir.DoneFile))
	if err == nil && unfinished == nil && group.Rank() == 0 {
		skip := ""
		if n := p.Config.Data.SkipBad; n > 0 {
			skip = fmt.Sprint(n)
		}
		next(out, append([]string{
			"refine", "--run", p.Run, "--data", p.Config.Data.Synthetic, "--out", unused(filepath.Clean(p.Run) + "-refined"),
		}, given("--device", o.device, "--skip-bad", skip)...)...)
	}
	return err
}
