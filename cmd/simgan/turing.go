package main

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/eval/turing"
)

func newTuringCommand() *cli.Command {
	return &cli.Command{
		Name: "turing", Usage: "the visual Turing test of a run: can a person tell refined images from real ones?",
		UsageText: "simgan turing --run runs/demo\n" +
			"simgan turing --run runs/demo --pairs --open\n" +
			"simgan turing --run runs/demo --n 20 --port 8080",
		Description: "Prints the address of a page that only this machine can open. Answers are kept in the run folder\n" +
			"(turing/NNN.csv); the figures of finished tests go to turing.json. A test that was interrupted is\n" +
			"continued by the same command.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run `FOLDER` of the refiner", Required: true},
			checkpointFlag(),
			&cli.BoolFlag{Name: "pairs", Usage: "a real and a refined image side by side: which is real?"},
			&cli.IntFlag{Name: "n", Usage: "real images, and as many refined ones", Value: turing.DefaultN},
			&cli.Uint64Flag{
				Name: "seed", DefaultText: "the test's number", Usage: "seed of the choice and order of the images",
			},
			&cli.StringFlag{Name: "real", Usage: "real images, a `SPEC` (default: the run's)"},
			&cli.StringFlag{Name: "synthetic", Usage: "images to refine, a `SPEC` (default: the run's)"},
			&cli.BoolFlag{Name: "new", Usage: "discard an unfinished test instead of continuing it"},
			&cli.IntFlag{Name: "port", DefaultText: "any free one", Usage: "port of the page"},
			&cli.BoolFlag{Name: "open", Usage: "open the page in the desktop's browser"},
			&cli.StringFlag{Name: "device", Value: "auto", Usage: "auto, cpu, cuda or cuda:N"},
		},
		Action: func(c *cli.Context) error {
			o := turing.Options{
				Run: c.String("run"), Checkpoint: c.String("checkpoint"), Pairs: c.Bool("pairs"), Real: c.String("real"),
				Synthetic: c.String("synthetic"), New: c.Bool("new"), Port: c.Int("port"), Out: c.App.Writer,
			}
			if c.IsSet("n") {
				n := c.Int("n")
				o.N = &n
			}
			if c.IsSet("seed") {
				seed := c.Uint64("seed")
				o.Seed = &seed
			}
			if c.Bool("open") {
				o.Open = openBrowser
			}
			return runTuring(c.Context, o, c.String("device"))
		},
	}
}

func runTuring(ctx context.Context, o turing.Options, device string) (err error) {
	if _, err := cgo.Start(0); err != nil {
		return err
	}
	if o.Device, err = cgo.ParseDevice(device); err != nil {
		return err
	}
	return turing.Run(ctx, o)
}

// openBrowser opens a page in the desktop's browser and does not wait for it, since the browser may outlive us. Where
// there is none, xdg-open ends soon with an exit code.
func openBrowser(address string) error {
	command := exec.Command("xdg-open", address)
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("xdg-open: %w", err)
		}
	case <-time.After(opening):
	}
	return nil
}

// opening is longer than xdg-open looks for a browser.
const opening = 2 * time.Second
