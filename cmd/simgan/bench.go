package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/trainer"
)

// benchOptions are the flags of bench train.
type benchOptions struct {
	presets            []string // NAME[,KEY=VALUE...]
	settings           []string
	device             string
	rounds, iterations int
	python, script     string
	json, markdown     string
	only               string
}

func newBenchCommand() *cli.Command {
	return &cli.Command{
		Name: "bench", Usage: "measures speed, beside PyTorch where one is given",
		UsageText: "simgan bench train\n" +
			"simgan bench loader",
		Subcommands: []*cli.Command{newBenchLoaderCommand(), {
			Name: "train", Usage: "times Algorithm 1 on images in memory, simgan's and PyTorch's by turns; fails where their losses differ",
			UsageText: "simgan bench train\n" +
				"simgan bench train --preset gaze --python venv/bin/python --set train.batch=32 --markdown bench.md\n" +
				"simgan bench train --device cuda --python venv/bin/python --preset gaze,train.batch=512 --preset hand",
			Flags: []cli.Flag{
				&cli.StringSliceFlag{Name: "preset", Value: cli.NewStringSlice("gaze"), Usage: "`NAME[,KEY=VALUE...]` of networks and batch; noise, history, EMA and R1 are off, as the script has none; may be repeated"},
				&cli.StringSliceFlag{Name: "set", Usage: "one `KEY=VALUE` over every preset; may be repeated"},
				&cli.StringFlag{Name: "device", Value: "cpu", Usage: "cpu, cuda or cuda:N"},
				&cli.IntFlag{Name: "rounds", Value: 5, Usage: "turns of each contestant"},
				&cli.IntFlag{Name: "iterations", Value: 6, Usage: "iterations a turn, after some that warm up"},
				&cli.StringFlag{Name: "python", Usage: "a Python with torch 2.11.0 (scripts/python.sh prints one); without it simgan runs alone"},
				&cli.StringFlag{Name: "script", Value: "scripts/parity.py", Usage: "the PyTorch reference"},
				&cli.StringFlag{Name: "json", Usage: "write all figures to `FILE`"},
				&cli.StringFlag{Name: "markdown", Usage: "write the tables to `FILE`"},
				&cli.StringFlag{Name: "only", Usage: "print one thing as JSON: simgan's turn in this precision, peak (of matrix products) or device", Hidden: true},
			},
			Action: func(c *cli.Context) error {
				return runBenchTrain(c.Context, benchOptions{
					presets: c.StringSlice("preset"), settings: c.StringSlice("set"), device: c.String("device"), rounds: c.Int("rounds"),
					iterations: c.Int("iterations"), python: c.String("python"), script: c.String("script"), json: c.String("json"),
					markdown: c.String("markdown"), only: c.String("only"),
				}, c.App.Writer)
			},
		}},
	}
}

// alike are the settings in which simgan does what the script does.
var alike = []string{
	"train.history=0", "train.ema=0", "train.r1=0", "refiner.noise.kind=none", "train.psi=identity", "train.lr_decay=none", "train.lambda=0.02",
	"train.k_g=2", "train.k_d=1", "refiner.normalization=none", "discriminator.normalization=none",
}

// rates are the script's, by optimizer.
var rates = map[string][]string{
	"sgd":  {"train.lr_refiner=1e-3", "train.lr_discriminator=1e-3"},
	"adam": {"train.lr_refiner=5e-4", "train.lr_discriminator=2e-4", "train.beta1=0.5", "train.beta2=0.999"},
}

// config is that of a preset, made like the script.
func (o benchOptions) config(preset string) (trainer.Config, error) {
	name, own, _ := strings.Cut(preset, ",")
	settings := slices.Clone(o.settings)
	if own != "" {
		settings = append(strings.Split(own, ","), settings...)
	}
	settings = append(append(settings, alike...), "device="+o.device)
	c, err := trainer.LoadConfig(name, "", settings)
	if err != nil {
		return c, err
	}
	return trainer.LoadConfig(name, "", append(settings, rates[c.Train.Optimizer]...))
}

// imageSize is the height and width of the images that the config's D is made for.
func imageSize(c trainer.Config) (h, w int) {
	if c.Discriminator.Layers == "hand" {
		return 224, 224
	}
	return 35, 55
}

func runBenchTrain(ctx context.Context, o benchOptions, out io.Writer) error {
	if o.rounds < 1 || o.iterations < 1 || len(o.presets) < 1 {
		return fmt.Errorf("%w: --rounds and --iterations must be 1 or more", errUsage)
	}
	device, err := cgo.ParseDevice(o.device)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if o.only != "" {
		return o.one(device, out)
	}
	file := &benchFile{Device: deviceName(device), Date: time.Now().Format(time.DateOnly), Settings: o.settings}
	for _, preset := range o.presets { // a mistake in the last one is told before the first takes minutes
		if _, err := o.config(preset); err != nil {
			return err
		}
	}
	var failed error
	if err := lastJSON(ctx, o.ourselves("peak", o.presets[0]), &file.Peak); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		file.NoPeak = err.Error()
		failed = err
	}
	watch := watchGPU(ctx, device)
	defer watch.stop()
	for _, preset := range o.presets {
		result, err := o.run(ctx, preset, device, watch, file, out)
		if err != nil {
			return err
		}
		failed = errors.Join(failed, failures(result.Contestants), result.unequal)
	}
	fmt.Fprint(out, "\n", file.table())
	return failed
}

// run lets the contestants of one preset take their turns, and saves the file with them behind each.
func (o benchOptions) run(ctx context.Context, preset string, device cgo.Device, watch *gpuWatch, file *benchFile, out io.Writer) (*benchResult, error) {
	config, err := o.config(preset)
	if err != nil {
		return nil, err
	}
	result := &benchResult{Preset: preset, config: config, Contestants: o.contestants(preset, config, device)}
	file.Presets = append(file.Presets, result)
	fmt.Fprintf(out, "preset %s\n", preset)
	return result, takeTurns(ctx, result.Contestants, o.rounds, out, trainSpeed, func() error {
		result.judge(watch)
		return saveFigures(o.markdown, file.table(), o.json, file)
	})
}

// judge adds to the turns so far what is known only outside of their processes.
func (r *benchResult) judge(watch *gpuWatch) {
	for _, c := range r.Contestants {
		for i, turn := range c.Turns {
			if turn.Idle == nil {
				c.Turns[i].Idle = watch.idle(turn.From, turn.To)
			}
		}
	}
	if r.unequal = sameLosses(r.Contestants); r.unequal != nil {
		r.Unequal = r.unequal.Error()
	}
}

// one prints what a parent asks a child for.
func (o benchOptions) one(device cgo.Device, out io.Writer) error {
	var answer any
	var err error
	switch o.only {
	case "device":
		answer = map[string]string{"device": deviceName(device)}
	case "peak":
		answer, err = measurePeak(device)
	default:
		var c trainer.Config
		if c, err = o.config(o.presets[0]); err != nil {
			return err
		}
		c.Train.Precision = o.only
		h, w := imageSize(c)
		answer, err = trainer.Measure(c, 1, h, w, o.iterations, warmUp(device))
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(answer)
}

// warmUp is how many iterations go before what is timed.
func warmUp(device cgo.Device) int {
	if device == cgo.CPU {
		return 2
	}
	return 12 // cuDNN tries its algorithms, graphs are captured
}
