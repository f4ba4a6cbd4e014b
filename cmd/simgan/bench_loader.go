package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

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
type loaderTurns = contestant[trainer.LoaderTiming]

func runBenchLoader(ctx context.Context, o loaderOptions, out io.Writer) error {
	if o.rounds < 1 || o.batch < 1 || o.seconds <= 0 {
		return fmt.Errorf("%w: --rounds and --batch must be 1 or more, --seconds more than 0", errUsage)
	}
	if o.only != "" {
		config, err := trainer.LoadConfig("", "", []string{
			"data.resident=off", "train.history=0", "device=" + o.device, "threads=1", // libtorch only converts: the cores are the workers'
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
	save := func() error { return saveFigures("", "", o.json, contestants) }
	if err := takeTurns(ctx, contestants, o.rounds, out, loaderSpeed, save); err != nil {
		return err
	}
	fmt.Fprint(out, "\n", loaderTable(contestants))
	return failures(contestants)
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

func loaderSpeed(t trainer.LoaderTiming) float64 { return t.ImagesPerSecond }

// loaderTable is Markdown: medians over the turns, and the median, least and greatest ratio to PyTorch's in the same
// round on the same data.
func loaderTable(all []*loaderTurns) string {
	var b strings.Builder
	b.WriteString("| | data | images/s | first batch, s | memory, MB | beside PyTorch |\n|---|---|---|---|---|---|\n")
	for _, c := range all {
		if len(c.Turns) == 0 {
			fmt.Fprintf(&b, "| %s | %s | failed | | | |\n", c.Name, c.Data)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.2f | %.0f | %s |\n", c.Name, c.Data,
			c.median(loaderSpeed),
			c.median(func(t trainer.LoaderTiming) float64 { return t.First }),
			c.median(func(t trainer.LoaderTiming) float64 { return float64(t.MemoryBytes) / 1e6 }),
			c.beside(find(all, "PyTorch", c.Data), loaderSpeed))
	}
	return b.String()
}
