package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"simgan/data"
	"simgan/internal/bar"
	"simgan/internal/exit"
)

// packOptions holds the flags of pack.
type packOptions struct {
	data, out, verify string
	skipBad           int
	shard             string
}

// skipBadFlag is of commands that read a whole data set once.
func skipBadFlag() cli.Flag {
	return &cli.IntFlag{
		Name: "skip-bad", Usage: "leave out up to `N` bad files, each with a warning (reads all files twice)",
	}
}

// skipping returns how bad files are treated.
func skipping(most int, out io.Writer) (data.Skip, error) {
	if most < 0 {
		return data.Skip{}, exit.Usagef("--skip-bad is %d; use 0 or more", most)
	}
	return data.Skip{Most: most, Warn: func(err error) { fmt.Fprintln(out, "warning: left out:", err) }}, nil
}

func newPackCommand() *cli.Command {
	return &cli.Command{
		Name: "pack", Usage: "decodes a data set once into arrays that are read at the speed of memory, and that NumPy opens",
		UsageText: "simgan pack --data unityeyes:renders --out renders.pack\nsimgan pack --verify renders.pack\n" +
			"simgan pack --data unityeyes:renders --out renders.pack --shard 0/8",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "data", Usage: "images to pack, a `SPEC`"},
			&cli.StringFlag{Name: "out", Usage: "new `FOLDER`; the same call continues one that was stopped"},
			&cli.StringFlag{Name: "verify", Usage: "compare a pack's `FOLDER` with its checksums instead"},
			skipBadFlag(), shardFlag("pack"),
		},
		Action: func(c *cli.Context) error {
			o := packOptions{data: c.String("data"), out: c.String("out"), verify: c.String("verify"),
				skipBad: c.Int("skip-bad"), shard: c.String("shard")}
			return runPack(c.Context, o, c.App.Writer)
		},
	}
}

func runPack(ctx context.Context, o packOptions, out io.Writer) error {
	if o.verify != "" {
		if o.data != "" || o.out != "" {
			return exit.Usagef("--verify takes neither --data nor --out")
		}
		n, err := data.VerifyPack(o.verify)
		if err == nil {
			fmt.Fprintf(out, "%s is whole: %d images\n", o.verify, n)
		}
		return err
	}
	if o.data == "" || o.out == "" {
		return exit.Usagef("pack needs --data SPEC and --out FOLDER, or --verify FOLDER")
	}
	skip, err := skipping(o.skipBad, out)
	if err != nil {
		return err
	}
	part, err := shardOf(o.shard)
	if err != nil {
		return err
	}
	start, finished := time.Now(), true
	progress := bar.New(out, "packing", "images")
	if part.Of > 1 {
		finished, err = data.PackShard(ctx, o.data, o.out, skip, part, progress.Set)
	} else {
		err = data.Pack(ctx, o.data, o.out, skip, progress.Set)
	}
	progress.Clear()
	if err != nil {
		if errors.Is(err, exit.ErrStopped) {
			fmt.Fprintf(out, "packed images are kept; the same command continues\n")
		}
		return err
	}
	if !finished {
		fmt.Fprintf(out, "part %v is written; %s will appear when all parts are written\n", part, o.out)
		return nil
	}
	ds, err := data.Open("pack:" + o.out)
	if err != nil {
		return err
	}
	defer ds.Close()
	i := ds.Info()
	fmt.Fprintf(out, "%d images of %dx%dx%d, %d bits, are in %s (%.0f s); read them as pack:%s\n",
		ds.Len(), i.C, i.H, i.W, i.Bits, o.out, time.Since(start).Seconds(), o.out)
	next(out, "check", "pack:"+o.out)
	return nil
}
