package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/eval"
	"simgan/internal/atomicfile"
	"simgan/internal/bar"
	"simgan/internal/exit"
	"simgan/internal/home"
	"simgan/trainer"
	"simgan/trainer/rundir"
)

// evalOptions holds the flags of eval gaze and eval hand.
type evalOptions struct {
	eval.Options
	device, json string
	file         string // that --json is by default, in the run folder; "": eval.json
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

func runEval(ctx context.Context, o evalOptions, f evaluate, out io.Writer) (err error) {
	if err := o.place(); err != nil {
		return err
	}
	if err := writable(o.json); err != nil {
		return err
	}
	if _, err := cgo.Start(0); err != nil {
		return err
	}
	group, place, err := joinEval(ctx, o.dealt)
	if err != nil {
		return err
	}
	defer func() { group.Leave(err) }()
	device, err := deviceOf(place, o.device)
	if err != nil {
		return err
	}
	o.Group = group
	o.Estimator.Device, o.Estimator.BFloat = device, trainer.FastInBFloat16(device)
	p := thisProcess("eval")
	if err := trainer.CompleteProcess(&p, device); err != nil {
		return err
	}
	progress := &stages{out: out}
	o.Out, o.Progress = progress, progress.set
	result, table, err := f(ctx, o.Options)
	progress.clear()
	if err != nil || group.Rank() > 0 {
		return err
	}
	fmt.Fprint(out, "\n", table)
	kept, err := rundir.WriteFigures(o.json, result)
	if err != nil || o.json == "" {
		return err
	}
	fmt.Fprintf(out, "written to %s\n", o.json)
	if kept != "" {
		fmt.Fprintf(out, "the figures that it held before are kept in %s\n", kept)
	}
	if err := o.keep(p, result); err != nil {
		fmt.Fprintln(out, "warning:", err)
	}
	switch len(o.Runs) {
	case 0:
	case 1:
		next(out, append([]string{"report", "--run", o.Runs[0]},
			given("--checkpoint", o.Checkpoint, "--device", o.device)...)...)
	default:
		next(out, append([]string{"report", "--out", filepath.Join(filepath.Dir(o.json), "compare.html")}, o.Runs...)...)
	}
	return nil
}

// keep shows figures that were written into a run's folder to TensorBoard, and adds this process to the run's
// provenance.
func (o *evalOptions) keep(p rundir.Process, result any) error {
	dir, name := filepath.Split(o.json)
	if len(o.Runs) != 1 || filepath.Clean(dir) != filepath.Clean(o.Runs[0]) {
		return nil
	}
	now := time.Now().Truncate(time.Millisecond)
	p.Ended, p.Outcome = &now, rundir.Finished
	prefix := strings.TrimSuffix(name, filepath.Ext(name))
	return errors.Join(rundir.AddProcess(dir, p), rundir.ShowFigures(dir, o.Checkpoint, prefix, result))
}

// place expands folders of several runs, and decides where the figures go if --json does not say. Figures of every row
// are the run's; those of one row would take the place of all.
func (o *evalOptions) place() error {
	var runs []string
	for i, run := range o.Runs {
		o.Runs[i] = home.Expand(run)
		runs = append(runs, rundir.Runs(o.Runs[i])...)
	}
	switch {
	case o.json != "" || o.Only != "" || len(o.Runs) == 0:
	case len(o.Runs) > 1:
		return exit.Usagef("several runs are given: say with --json FILE where their figures go")
	default:
		if _, err := os.Stat(o.Runs[0]); err != nil {
			return exit.Usagef("--run: %w", err)
		}
		o.json = filepath.Join(o.Runs[0], cmp.Or(o.file, rundir.EvalFile))
	}
	o.Runs = runs
	return nil
}

// stages shows the progress of work in several stages, a bar each. Text written to it goes above the bar.
type stages struct {
	out  io.Writer
	what string
	bar  *bar.Bar
}

func (s *stages) set(what, unit string, done, total int) {
	if s.bar == nil || what != s.what {
		s.clear()
		s.what, s.bar = what, bar.New(s.out, what, unit)
	}
	s.bar.Set(done, total)
}

// Write takes the bar off its line first.
func (s *stages) Write(text []byte) (int, error) {
	s.clear()
	return s.out.Write(text)
}

func (s *stages) clear() {
	if s.bar != nil {
		s.bar.Clear()
	}
}

// writable reports, before the work, whether a file can be written after it. An empty path is none.
func writable(path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return exit.Usagef("--json %s is a folder; name a file", path)
	}
	file, err := atomicfile.Create(path)
	if err != nil {
		return exit.Usagef("--json: %w", err)
	}
	return file.Cleanup()
}
