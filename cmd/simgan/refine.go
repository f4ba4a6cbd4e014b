package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/data"
	"simgan/eval"
	"simgan/internal/bar"
	"simgan/internal/ranks"
)

func newRefineCommand() *cli.Command {
	return &cli.Command{
		Name: "refine", Usage: "writes a refined data set with its labels",
		UsageText: "simgan refine --run runs/mine --data unityeyes:renders --out refined\n" +
			"simgan refine --run runs/mine --data unityeyes:renders --out refined --variants 4\n" +
			"simgan refine --run runs/mine --data unityeyes:renders --out more --variants 4 --seed 2\n" +
			"simgan refine --run runs/mine --data folder:clips --out refined --clips\n" +
			"simgan refine --run runs/mine --data folder:frames --out refined --clips='^(.*)_[0-9]+'",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run `FOLDER` of the refiner", Required: true},
			checkpointFlag(),
			&cli.StringFlag{Name: "data", Usage: "images to refine, a `SPEC`", Required: true},
			&cli.StringFlag{Name: "out", Usage: "new `FOLDER`", Required: true},
			&cli.IntFlag{Name: "variants", Value: 1, Usage: "refined versions of each image"},
			skipBadFlag(),
			&cli.Uint64Flag{
				Name: "seed", DefaultText: "the run's", Usage: "seed of the noise; another seed gives other versions",
			},
			shardFlag("refine"),
			clipsFlag(),
			&cli.StringFlag{Name: "device", Value: "auto", Usage: "auto, cpu, cuda or cuda:N"},
		},
		Action: func(c *cli.Context) error {
			skip, err := skipping(c.Int("skip-bad"), c.App.Writer)
			if err != nil {
				return err
			}
			o := eval.RefineOptions{
				Run: c.String("run"), Checkpoint: c.String("checkpoint"), Data: c.String("data"), Out: c.String("out"),
				Variants: c.Int("variants"), Skip: skip, Clips: c.Generic("clips").(*clipsValue).text,
			}
			if o.Shard, err = shardOf(c.String("shard")); err != nil {
				return err
			}
			if c.IsSet("seed") {
				seed := c.Uint64("seed")
				o.Seed = &seed
			}
			return runRefine(c.Context, o, c.String("device"), c.App.Writer)
		},
	}
}

// shardFlag is of commands whose work can be divided into parts.
func shardFlag(verb string) cli.Flag {
	return &cli.StringFlag{
		Name: "shard", DefaultText: "all images, or this process's part under a launcher",
		Usage: verb + " only the part `I/N`, I from 0; all parts have the same --out, and the last one completes it",
	}
}

// shardOf returns the part that --shard names, else the part of one of several processes.
func shardOf(text string) (data.Shard, error) {
	if text != "" {
		return data.ParseShard(text)
	}
	place, err := ranks.FromEnvironment(os.Getenv)
	return data.Shard{Index: place.Rank, Of: place.Size}, err
}

func runRefine(ctx context.Context, o eval.RefineOptions, device string, out io.Writer) (err error) {
	if _, err := cgo.Start(0); err != nil {
		return err
	}
	place, err := ranks.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	if o.Device, err = deviceOf(place, device); err != nil {
		return err
	}
	progress := bar.New(out, "refining", "images")
	o.Progress = progress.Set
	finished, err := eval.RefineSet(ctx, o)
	progress.Clear()
	if err != nil {
		return err
	}
	if !finished {
		fmt.Fprintf(out, "part %v is written; %s will appear when all parts are written\n", o.Shard, o.Out)
		return nil
	}
	fmt.Fprintf(out, "refined images, their labels in the source's own form and manifest.csv are in %s; read them as %s\n",
		o.Out, readAs(o.Data, o.Out))
	return nextEvaluation(out, o.Run, given("--checkpoint", o.Checkpoint, "--device", device))
}

// readAs returns the SPEC of the refined images of a data set: a pack's are a pack, others' a folder.
func readAs(spec, out string) string {
	kind := "folder"
	if strings.HasPrefix(spec, "pack:") {
		kind = "pack"
	}
	return kind + ":" + out
}
