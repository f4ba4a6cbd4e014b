package main

import (
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"simgan/eval"
	"simgan/internal/exit"
)

// labelsFlag names columns of labels.
func labelsFlag(usage string) *cli.StringFlag { return &cli.StringFlag{Name: "labels", Usage: usage} }

// columns returns the names in --labels, a line of CSV: a name with a comma stands in double quotes.
func columns(text string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.LazyQuotes, r.TrimLeadingSpace = true, true
	names, err := r.Read()
	if err == io.EOF {
		return nil, nil
	}
	if err == nil {
		_, err = r.Read()
	}
	if err != io.EOF || slices.Contains(names, "") {
		return nil, exit.Usagef("--labels %q: write column names with commas between them: a,b", text)
	}
	return names, nil
}

func newEvalRegressionCommand() *cli.Command {
	labels := labelsFlag("columns that are numbers, `A,B` (default: all)")
	kind := &cli.StringFlag{
		Name: "error", Value: eval.AbsoluteError,
		Usage: "absolute: |estimate - label|, mean over the labels; angular: the angle between both as vectors, in degrees",
	}
	labels.Destination, kind.Destination = new(string), new(string)
	return evalCommand("regression",
		"error, on held-out real images, of small networks that estimate any labels, trained on the same kinds of images",
		"mine", 1500, 32, 1e-3, []cli.Flag{labels, kind, selfTrainingFlag()},
		func(ctx context.Context, o eval.Options) (any, string, error) {
			names, err := columns(*labels.Destination)
			if err != nil {
				return nil, "", err
			}
			r, err := eval.Regression(ctx, o, names, *kind.Destination)
			return r, table(r, err), err
		})
}

func newEvalClassificationCommand() *cli.Command {
	labels := labelsFlag("the column of classes, texts or numbers (default: the only one, or the only one of texts)")
	labels.Destination = new(string)
	return evalCommand("classification",
		"accuracy, on held-out real images, of small networks that tell classes apart, trained on the same kinds of images",
		"mine", 1500, 32, 1e-3, []cli.Flag{labels, selfTrainingFlag()},
		func(ctx context.Context, o eval.Options) (any, string, error) {
			names, err := columns(*labels.Destination)
			if err != nil {
				return nil, "", err
			}
			r, err := eval.Classification(ctx, o, names)
			return r, table(r, err), err
		})
}

func newEvalExternalCommand() *cli.Command {
	labels := labelsFlag("columns that the program needs, `A,B` (default: all)")
	train := &cli.StringFlag{
		Name: "train", Required: true,
		Usage: "your program, a `COMMAND` of the shell; it is called with the training folder, the test folder and a seed, " +
			"and prints one number on its last line",
	}
	higher := &cli.BoolFlag{Name: "higher-is-better", Usage: "a higher number is better (default: lower is better)"}
	timeout := &cli.DurationFlag{
		Name: "timeout", Usage: "end the program after this `TIME` per call, for example 2h (default: none)",
	}
	labels.Destination, train.Destination, higher.Destination = new(string), new(string), new(bool)
	timeout.Destination = new(time.Duration)
	c := evalCommand("external",
		"the number that your own program prints, trained on the same kinds of images and tested on held-out real ones",
		"mine", 0, 0, 0, []cli.Flag{labels, train, higher, timeout},
		func(ctx context.Context, o eval.Options) (any, string, error) {
			names, err := columns(*labels.Destination)
			if err != nil {
				return nil, "", err
			}
			r, err := eval.External(ctx, o, eval.ExternalOptions{
				Train: *train.Destination, Labels: names, HigherIsBetter: *higher.Destination, Timeout: *timeout.Destination,
			})
			return r, table(r, err), err
		})
	c.UsageText = "simgan eval external --run runs/mine --train 'python examples/train_pytorch.py'"
	// The program trains, not an estimator of ours.
	c.Flags = slices.DeleteFunc(c.Flags, func(f cli.Flag) bool {
		return slices.Contains([]string{"steps", "batch", "lr"}, f.Names()[0])
	})
	return c
}
