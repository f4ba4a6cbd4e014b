package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/trainer"
)

// benchOptions are the flags of bench train.
type benchOptions struct {
	preset             string
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
			Name: "train", Usage: "times Algorithm 1 on images in memory, simgan's and PyTorch's by turns",
			UsageText: "simgan bench train\n" +
				"simgan bench train --preset gaze --python venv/bin/python --set train.batch=32 --markdown bench.md",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "preset", Value: "gaze", Usage: "networks and batch; noise, history, EMA and R1 are off, as the script has none"},
				&cli.StringSliceFlag{Name: "set", Usage: "one `KEY=VALUE` over the preset; may be repeated"},
				&cli.StringFlag{Name: "device", Value: "cpu", Usage: "cpu, cuda or cuda:N"},
				&cli.IntFlag{Name: "rounds", Value: 5, Usage: "turns of each contestant"},
				&cli.IntFlag{Name: "iterations", Value: 6, Usage: "iterations a turn, after two that warm up"},
				&cli.StringFlag{Name: "python", Usage: "a Python with scripts/requirements-parity.txt; without it simgan runs alone"},
				&cli.StringFlag{Name: "script", Value: "scripts/parity.py", Usage: "the PyTorch reference"},
				&cli.StringFlag{Name: "json", Usage: "write all figures to `FILE`"},
				&cli.StringFlag{Name: "markdown", Usage: "write the table to `FILE`"},
				&cli.StringFlag{Name: "only", Usage: "measure simgan once in this precision and print it as JSON", Hidden: true},
			},
			Action: func(c *cli.Context) error {
				return runBenchTrain(c.Context, benchOptions{
					preset: c.String("preset"), settings: c.StringSlice("set"), device: c.String("device"), rounds: c.Int("rounds"),
					iterations: c.Int("iterations"), python: c.String("python"), script: c.String("script"), json: c.String("json"),
					markdown: c.String("markdown"), only: c.String("only"),
				}, c.App.Writer)
			},
		}},
	}
}

// trainTurns are the turns of one program in one precision.
type trainTurns = contestant[trainer.Timing]

// benchFile is what bench writes as JSON.
type benchFile struct {
	Device      string        `json:"device"`
	Date        string        `json:"date"`
	Preset      string        `json:"preset"`
	Settings    []string      `json:"settings"`
	Contestants []*trainTurns `json:"contestants"`
}

// alike are the settings in which simgan does what the script does.
var alike = []string{"train.history=0", "train.ema=0", "train.r1=0", "refiner.noise.kind=none", "train.psi=identity", "train.lr_decay=none"}

func runBenchTrain(ctx context.Context, o benchOptions, out io.Writer) error {
	if o.rounds < 1 || o.iterations < 1 {
		return fmt.Errorf("%w: --rounds and --iterations must be 1 or more", errUsage)
	}
	config, err := trainer.LoadConfig(o.preset, "", append(append(slices.Clone(o.settings), alike...), "device="+o.device))
	if err != nil {
		return err
	}
	h, w := 35, 55
	if config.Discriminator.Layers == "hand" {
		h, w = 224, 224
	}
	if o.only != "" {
		config.Train.Precision = o.only
		timing, err := trainer.Measure(config, 1, h, w, o.iterations)
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(timing)
	}
	device, err := cgo.ParseDevice(o.device)
	if err != nil {
		return err
	}
	contestants, err := o.contestants(config, h, w, cgo.HasBFloat16(device))
	if err != nil {
		return err
	}
	if err := takeTurns(ctx, contestants, o.rounds, out, trainSpeed); err != nil {
		return err
	}
	file := benchFile{Device: deviceName(device), Date: time.Now().Format(time.DateOnly), Preset: o.preset, Settings: o.settings, Contestants: contestants}
	table := file.table(config)
	fmt.Fprint(out, "\n", table)
	return saveFigures(o.markdown, table, o.json, file)
}

// contestants are simgan and the script, each in float32 and, where the device has it, in bfloat16.
func (o benchOptions) contestants(c trainer.Config, h, w int, bfloat bool) ([]*trainTurns, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ours := func(name, precision string) *trainTurns {
		command := []string{self, "bench", "train", "--only", precision, "--preset", o.preset, "--device", o.device, "--iterations", strconv.Itoa(o.iterations)}
		for _, s := range o.settings {
			command = append(command, "--set", s)
		}
		return &trainTurns{Name: name, Command: command}
	}
	theirs := func(name, precision string, more ...string) *trainTurns {
		kind, _, _ := strings.Cut(o.device, ":")
		return &trainTurns{Name: name, Command: append([]string{
			o.python, o.script, "bench", "--precision", precision, "--device", kind, "--iterations", strconv.Itoa(o.iterations),
			"--batch", strconv.Itoa(c.Train.Batch), "--width", strconv.Itoa(c.Refiner.Width), "--blocks", strconv.Itoa(c.Refiner.Blocks),
			"--padding", c.Refiner.Padding, "--optimizer", c.Train.Optimizer, "--threads", strconv.Itoa(runtime.NumCPU()),
			"--height", strconv.Itoa(h), "--width-pixels", strconv.Itoa(w), "--discriminator-width", fmt.Sprint(c.Discriminator.Width),
		}, more...)}
	}
	all := []*trainTurns{ours("simgan float32", "float32")}
	if o.python != "" {
		all = append(all, theirs("PyTorch float32", "float32"))
	}
	if bfloat {
		all = append(all, ours("simgan bfloat16", "bfloat16"))
		if o.python != "" {
			all = append(all, theirs("PyTorch bfloat16 channels_last", "bfloat16", "--channels-last"))
		}
	}
	if o.python != "" && o.device != "cpu" {
		all = append(all, theirs("PyTorch bfloat16 torch.compile", "bfloat16", "--channels-last", "--compile"))
	}
	return all, nil
}

func trainSpeed(t trainer.Timing) float64 { return t.ImagesPerSecond }

// table is Markdown: medians over the turns, and the median, least and greatest ratio to PyTorch's float32 in the same round.
func (f benchFile) table(c trainer.Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s: preset %s (refiner %d blocks of width %d, b = %d), K_g = %d, K_d = %d; medians of %d turns.\n\n", f.Device, f.Date,
		f.Preset, c.Refiner.Blocks, c.Refiner.Width, c.Train.Batch, c.Train.KG, c.Train.KD, len(f.Contestants[0].Turns))
	b.WriteString("| | images/s | R step, ms | D step, ms | peak memory, MB | beside PyTorch float32 |\n|---|---|---|---|---|---|\n")
	base := find(f.Contestants, "PyTorch float32", "")
	for _, c := range f.Contestants {
		fmt.Fprintf(&b, "| %s | %.0f | %.1f | %.1f | %.0f | %s |\n", c.Name,
			c.median(trainSpeed),
			c.median(func(t trainer.Timing) float64 { return 1e3 * t.StepR }),
			c.median(func(t trainer.Timing) float64 { return 1e3 * t.StepD }),
			c.median(func(t trainer.Timing) float64 { return float64(t.PeakBytes) / 1e6 }),
			c.beside(base, func(t trainer.Timing) float64 { return 1 / t.Iteration }))
	}
	return b.String()
}

// deviceName is what a reader of the figures knows the device by.
func deviceName(d cgo.Device) string {
	if d != cgo.CPU {
		return strings.Join(gpuModels(), ", ")
	}
	text, _ := os.ReadFile("/proc/cpuinfo") // absent on no Linux; the name is for readers only
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return fmt.Sprintf("%s, %d threads", strings.TrimSpace(value), runtime.NumCPU())
		}
	}
	return fmt.Sprintf("%s, %d threads", runtime.GOARCH, runtime.NumCPU())
}
