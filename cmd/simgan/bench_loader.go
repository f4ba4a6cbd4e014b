package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/urfave/cli/v2"

	"simgan/trainer"
)

// loaderOptions are the flags of bench loader.
type loaderOptions struct {
	data           []string
	device         string
	batch, workers int
	rounds         int
	seconds        float64
	python, script string
	json, only     string
}

func newBenchLoaderCommand() *cli.Command {
	return &cli.Command{
		Name: "loader", Usage: "times mini-batches on their way to the device, beside PyTorch's DataLoader where a Python is given",
		UsageText: "simgan bench loader --data unityeyes:renders --data pack:renders.pack --python venv/bin/python",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "data", Usage: "a `SPEC` (the script knows unityeyes: and pack:); may be repeated", Required: true},
			&cli.StringFlag{Name: "device", Value: "cpu", Usage: "cpu, cuda or cuda:N"},
			&cli.IntFlag{Name: "batch", Value: 64, Usage: "images a mini-batch"},
			&cli.IntFlag{Name: "workers", Usage: "goroutines, and the script's processes (default: one a core)"},
			&cli.IntFlag{Name: "rounds", Value: 3, Usage: "turns of each contestant"},
			&cli.Float64Flag{Name: "seconds", Value: 5, Usage: "length of a turn"},
			&cli.StringFlag{Name: "python", Usage: "a Python with torch, numpy and pillow; without it simgan runs alone"},
			&cli.StringFlag{Name: "script", Value: "scripts/loader.py", Usage: "the PyTorch reference"},
			&cli.StringFlag{Name: "json", Usage: "write all figures to `FILE`"},
			&cli.StringFlag{Name: "only", Usage: "measure simgan once on this SPEC and print it as JSON", Hidden: true},
		},
		Action: func(c *cli.Context) error {
			return runBenchLoader(c.Context, loaderOptions{
				data: c.StringSlice("data"), device: c.String("device"), batch: c.Int("batch"), workers: c.Int("workers"), rounds: c.Int("rounds"),
				seconds: c.Float64("seconds"), python: c.String("python"), script: c.String("script"), json: c.String("json"), only: c.String("only"),
			}, c.App.Writer)
		},
	}
}

// loaderTurns are the turns of one program on one data set.
type loaderTurns struct {
	Name    string                 `json:"name"`
	Data    string                 `json:"data"`
	Command []string               `json:"command"`
	Turns   []trainer.LoaderTiming `json:"turns"`
}

func runBenchLoader(ctx context.Context, o loaderOptions, out io.Writer) error {
	if o.rounds < 1 || o.batch < 1 || o.seconds <= 0 {
		return fmt.Errorf("%w: --rounds and --batch must be 1 or more, --seconds more than 0", errUsage)
	}
	if o.only != "" {
		config, err := trainer.LoadConfig("", "", []string{
			"data.resident=off", "train.history=0", "device=" + o.device,
			fmt.Sprintf("train.batch=%d", o.batch), fmt.Sprintf("data.workers=%d", o.workers),
		})
		if err != nil {
			return err
		}
		timing, err := trainer.MeasureLoader(ctx, config, o.only, o.seconds)
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(timing)
	}
	contestants, err := o.contestants()
	if err != nil {
		return err
	}
	for round := range o.rounds {
		for _, c := range contestants {
			var timing trainer.LoaderTiming
			if err := lastJSON(ctx, c.Command, &timing); err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
			c.Turns = append(c.Turns, timing)
			fmt.Fprintf(out, "round %d  %-8s %-40s %10.0f images/s\n", round+1, c.Name, c.Data, timing.ImagesPerSecond)
		}
	}
	fmt.Fprint(out, "\n", loaderTable(contestants))
	if o.json == "" {
		return nil
	}
	text, err := json.MarshalIndent(contestants, "", " ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(o.json, append(text, '\n'), 0o644)
}

// contestants are simgan and the script on every data set, each in a process of its own.
func (o loaderOptions) contestants() ([]*loaderTurns, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var all []*loaderTurns
	for _, spec := range o.data {
		same := []string{"--batch", strconv.Itoa(o.batch), "--workers", strconv.Itoa(o.workers), "--seconds", fmt.Sprint(o.seconds), "--device", o.device}
		all = append(all, &loaderTurns{Name: "simgan", Data: spec, Command: append([]string{self, "bench", "loader", "--data", spec, "--only", spec}, same...)})
		if o.python != "" {
			all = append(all, &loaderTurns{Name: "PyTorch", Data: spec, Command: append([]string{o.python, o.script, "run", "--data", spec}, same...)})
		}
	}
	return all, nil
}

// lastJSON runs a command and reads the JSON that it prints last.
func lastJSON(ctx context.Context, command []string, into any) error {
	process := exec.CommandContext(ctx, command[0], command[1:]...)
	process.Stderr = os.Stderr
	text, err := process.Output()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), into); err != nil {
		return fmt.Errorf("%s: printed no JSON: %w", strings.Join(command, " "), err)
	}
	return nil
}

// loaderTable is Markdown: medians over the turns, and the median, least and greatest ratio to PyTorch's in the same
// round on the same data.
func loaderTable(all []*loaderTurns) string {
	var b strings.Builder
	b.WriteString("| | data | images/s | first batch, s | memory, MB | beside PyTorch |\n|---|---|---|---|---|---|\n")
	for _, c := range all {
		of := func(value func(trainer.LoaderTiming) float64) float64 {
			var values []float64
			for _, t := range c.Turns {
				values = append(values, value(t))
			}
			return trainer.Median(values)
		}
		beside := ""
		for _, base := range all {
			if base.Name != "PyTorch" || base.Data != c.Data {
				continue
			}
			var ratios []float64
			for i, t := range c.Turns {
				ratios = append(ratios, t.ImagesPerSecond/base.Turns[i].ImagesPerSecond)
			}
			beside = fmt.Sprintf("%.2f (%.2f to %.2f)", trainer.Median(ratios), slices.Min(ratios), slices.Max(ratios))
		}
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.2f | %.0f | %s |\n", c.Name, c.Data, of(func(t trainer.LoaderTiming) float64 { return t.ImagesPerSecond }),
			of(func(t trainer.LoaderTiming) float64 { return t.First }), of(func(t trainer.LoaderTiming) float64 { return float64(t.MemoryBytes) / 1e6 }), beside)
	}
	return b.String()
}
