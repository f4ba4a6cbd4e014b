package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/data"
	"simgan/internal/bar"
	"simgan/internal/exit"
)

func newCheckCommand() *cli.Command {
	return &cli.Command{
		Name: "check", ArgsUsage: "SPEC...",
		Usage: "opens every image of the data sets; reports bad files, sizes, levels and labels; " +
			"exit code 1 if a run could not start",
		UsageText: "simgan check folder:renders folder:photos,size=64x96,fit=crop folder:labelled\n" +
			"simgan check --sample 1000 unityeyes:renders",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "sample", Usage: "open `N` images of each set, spread evenly (default: all)"},
		},
		Action: func(c *cli.Context) error {
			if !c.Args().Present() {
				return exit.Usagef("check needs a SPEC; see %s --help", c.Command.HelpName)
			}
			if c.Int("sample") < 0 {
				return exit.Usagef("--sample is %d; use 1 or more", c.Int("sample"))
			}
			return runCheck(c.Context, c.Args().Slice(), c.Int("sample"), c.App.Writer)
		},
	}
}

// runCheck reports on each set, then on its differences from the first: of levels only for the second, which a run
// would take as the real images. A problem is what a run could not start with.
func runCheck(ctx context.Context, specs []string, sample int, out io.Writer) error {
	problems := 0
	problem := func(format string, args ...any) {
		problems++
		fmt.Fprintf(out, "  bad      "+format+"\n", args...)
	}
	var first *data.Findings
	firstSpec := ""
	for i, spec := range specs {
		f, err := inspect(ctx, spec, sample, out)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			fmt.Fprintln(out, spec)
			problem("%v", err)
			continue
		}
		printFindings(out, spec, f)
		for _, err := range f.Bad {
			problem("%v", err)
		}
		if first == nil {
			first, firstSpec = f, spec
			continue
		}
		if a, b := first.Info, f.Info; a.C != b.C || a.H != b.H || a.W != b.W {
			problem("images are %dx%dx%d (channels, height, width), those of %s %dx%dx%d: "+
				"add size=HxW or grey=true to one of the SPECs", b.C, b.H, b.W, firstSpec, a.C, a.H, a.W)
		}
		if i == 1 {
			for _, w := range data.Differences(first, f) {
				fmt.Fprintf(out, "  warning  %s\n", w)
			}
		}
	}
	if problems > 0 {
		return fmt.Errorf("check: %d problem(s)", problems)
	}
	suggestTraining(out, specs)
	return nil
}

// suggestTraining names the command that trains on the sets, if they may be synthetic, real and, third, test images.
func suggestTraining(out io.Writer, specs []string) {
	if len(specs) < 2 || len(specs) > 3 {
		return
	}
	words := []string{"train", "--run", unused("runs/mine")}
	for i, spec := range specs {
		words = append(words, "--set", []string{"data.synthetic=", "data.real=", "data.test="}[i]+spec)
	}
	next(out, words...)
}

func inspect(ctx context.Context, spec string, sample int, out io.Writer) (*data.Findings, error) {
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer ds.Close()
	progress := bar.New(out, "checking", "images")
	defer progress.Clear()
	return data.Inspect(ctx, ds, sample, progress.Set)
}

// printFindings writes what was seen of a set.
func printFindings(out io.Writer, spec string, f *data.Findings) {
	i, l := f.Info, f.Levels
	fmt.Fprintf(out, "%s: %d images of %dx%dx%d (channels, height, width), %d bits; %d opened, %d bad\n",
		spec, f.Len, i.C, i.H, i.W, i.Bits, f.Opened, len(f.Bad))
	if len(f.Bad) < f.Opened {
		top := float64(int(1)<<i.Bits - 1)
		fmt.Fprintf(out, "  levels   %.0f to %.0f, mean %.0f, deviation %.0f; %s\n",
			l.Low*top, l.High*top, l.Mean*top, l.Deviation*top, ends(l, i.Bits))
	}
	fmt.Fprintf(out, "  labels   %s\n", ranges(f.Labels))
	for k, column := range i.Text {
		if n := i.Classes[k]; n > 0 {
			fmt.Fprintf(out, "  classes  %s: %d, which training keeps and eval classification learns\n", column, n)
		} else {
			fmt.Fprintf(out, "  text     %s: refine carries it along\n", column)
		}
	}
	for _, w := range f.Warnings() {
		fmt.Fprintf(out, "  warning  %s\n", w)
	}
}

// ends says which shares of all levels are at the ends of the range. At 16 bits an end is 256 levels wide.
func ends(l data.Levels, bits int) string {
	low, high := "0", "255"
	if bits == 16 {
		low, high = "below 256", "above 65279"
	}
	return fmt.Sprintf("%.1f %% of all levels are %s, %.1f %% are %s", 100*l.Histogram[0], low, 100*l.Histogram[255], high)
}

// mostRanges is the number of labels whose ranges are written.
const mostRanges = 8

func ranges(labels []data.LabelRange) string {
	if len(labels) == 0 {
		return "none"
	}
	var text []string
	for _, r := range labels[:min(len(labels), mostRanges)] {
		text = append(text, fmt.Sprintf("%s %.4g to %.4g (mean %.4g)", r.Name, r.Low, r.High, r.Mean))
	}
	if more := len(labels) - mostRanges; more > 0 {
		text = append(text, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(text, ", ")
}
