package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/eval"
	"simgan/eval/report"
	"simgan/internal/bar"
	"simgan/internal/exit"
	"simgan/trainer/rundir"
)

// reportOptions holds the flags and arguments of report.
type reportOptions struct {
	runs     []string
	out      string
	outGiven bool
	gallery  int
	device   string

	checkpoint string // of the gallery
}

func newReportCommand() *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "writes a run's page, report.html in its folder; of several runs one page that compares them",
		UsageText: "simgan report --run runs/demo\n" +
			"simgan report --out three.html runs/one runs/two runs/three",
		ArgsUsage: "[RUN RUN ...]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run `FOLDER`"},
			checkpointFlag(),
			&cli.StringFlag{Name: "out", Value: "compare.html", Usage: "`FILE` of the page that compares runs"},
			&cli.IntFlag{
				Name: "gallery", Value: 200,
				Usage: "refine `N` synthetic images and show the worst; 0: show those of the newest sample grid",
			},
			&cli.StringFlag{Name: "device", Value: "auto", Usage: "auto, cpu, cuda or cuda:N: where the gallery is refined"},
		},
		Action: func(c *cli.Context) error {
			o := reportOptions{
				runs: c.Args().Slice(), out: c.String("out"), outGiven: c.IsSet("out"),
				gallery: c.Int("gallery"), device: c.String("device"), checkpoint: c.String("checkpoint"),
			}
			if c.IsSet("run") {
				o.runs = append([]string{c.String("run")}, o.runs...)
			}
			return runReport(c.Context, o, c.App.Writer)
		},
	}
}

func runReport(ctx context.Context, o reportOptions, out io.Writer) error {
	switch {
	case slices.ContainsFunc(o.runs, func(r string) bool { return strings.HasPrefix(r, "--") }):
		return exit.Usagef("report: options come before the folders: simgan report --out FILE RUN RUN")
	case len(o.runs) == 0:
		return exit.Usagef("report needs --run FOLDER, or several folders to compare: simgan report RUN RUN")
	case o.gallery < 0:
		return exit.Usagef("--gallery is %d; use 0 or more", o.gallery)
	case len(o.runs) == 1 && o.outGiven:
		return exit.Usagef("--out is for comparing several runs; the page of one run is always %s in its folder",
			rundir.ReportFile)
	case len(o.runs) > 1 && o.checkpoint != rundir.LatestName:
		return exit.Usagef("--checkpoint %s: a page that compares runs shows no checkpoint", o.checkpoint)
	case len(o.runs) > 1:
		if err := report.Compare(o.runs, o.out); err != nil {
			return err
		}
		fmt.Fprintf(out, "the page that compares %d runs is %s\nnext: open it in a browser\n", len(o.runs), o.out)
		return nil
	}
	folder, err := rundir.FindCheckpoint(o.runs[0], o.checkpoint)
	if errors.Is(err, exit.ErrUsage) {
		return err
	}
	pairs, err := o.pairs(ctx, out)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	shown := report.Options{Pairs: pairs, Checkpoint: filepath.Base(folder)}
	if err != nil { // the page shows what there is
		shown.Note = fmt.Sprintf("No more images could be refined for this gallery: %v.", err)
	}
	path, err := report.Write(o.runs[0], shown)
	if err == nil {
		fmt.Fprintf(out, "the run's page is %s\nnext: open it in a browser\n", path)
	}
	return err
}

// pairs refines images for the gallery.
func (o reportOptions) pairs(ctx context.Context, out io.Writer) ([]eval.Pair, error) {
	if o.gallery == 0 {
		return nil, nil
	}
	if _, err := cgo.Start(0); err != nil {
		return nil, err
	}
	device, err := cgo.ParseDevice(o.device)
	if err != nil {
		return nil, err
	}
	progress := bar.New(out, "refining for the gallery", "images")
	defer progress.Clear()
	return eval.Pairs(ctx, o.runs[0], o.checkpoint, device, o.gallery, progress.Set)
}
