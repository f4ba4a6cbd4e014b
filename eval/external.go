package eval

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"simgan/data"
	"simgan/internal/exit"
	"simgan/internal/program"
	"simgan/trainer/config"
)

// ExternalOptions are what External takes beside Options.
type ExternalOptions struct {
	Train          string        // the program, a command line of the shell; it gets training folder, test folder, seed
	Labels         []string      // the columns that it needs; none: all of the synthetic images
	HigherIsBetter bool          // of the number that it prints
	Timeout        time.Duration // of each call; 0: none
}

// ExternalFigures are the numbers that the user's program printed for one kind of images.
type ExternalFigures struct {
	Value   float64    `json:"value"` // mean over the seeds
	CI95    [2]float64 `json:"ci95"`  // of value, over the seeds (Student's t)
	PerSeed []float64  `json:"per_seed"`
}

// ExternalResult holds the JSON of `eval external`.
type ExternalResult = Result[ExternalFigures]

// External writes each kind of images and the test images as folders, has the user's program train and test on them,
// once per seed, and reads the number that it prints. Options.Save keeps the folders; Options.Estimator needs a device
// only.
func External(ctx context.Context, o Options, e ExternalOptions) (*ExternalResult, error) {
	if e.Train == "" {
		return nil, exit.Usagef("no program is given: use --train COMMAND")
	}
	if e.Timeout < 0 {
		return nil, exit.Usagef("--timeout is %s; use 0 (none) or more", e.Timeout)
	}
	// All images are written: it is the program that decides how many it sees.
	o.Estimator.Steps, o.Estimator.Batch, o.Estimator.LR = config.MaxSteps, 1, 1
	x := &external{ExternalOptions: e, folder: o.Save}
	if x.folder == "" {
		folder, err := os.MkdirTemp("", "simgan-external-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(folder)
		x.folder = folder
	} else if entries, _ := os.ReadDir(o.Save); len(entries) > 0 {
		return nil, exit.Usagef("--save %s is not empty; name a new folder", o.Save)
	}
	t := task{name: "external", metric: "value", higher: e.HigherIsBetter, labels: x}
	return compare(ctx, o, t, x.judge, func(f *ExternalFigures) []float64 {
		if e.HigherIsBetter {
			return negative(f.PerSeed)
		}
		return f.PerSeed
	})
}

// external is a user's program, and the labelling that keeps columns as they are.
type external struct {
	ExternalOptions
	folder  string    // of the folders of images
	columns data.Info // the columns of numbers and of texts: those of the synthetic images
	test    string    // the folder of test images, when it is written
}

func (x *external) names() []string { return slices.Concat(x.columns.LabelNames, x.columns.Text) }

func (x *external) check(info data.Info) error {
	if !info.Labelled() {
		return exit.Usagef("needs labelled images; %s", columnsOf(info))
	}
	if !x.columns.Labelled() {
		x.columns.LabelNames, x.columns.Text = info.LabelNames, info.Text
		for _, name := range x.Labels {
			if !slices.Contains(x.names(), name) {
				return exit.Usagef("needs column %q; %s", name, columnsOf(info))
			}
		}
		if len(x.Labels) > 0 {
			other := func(name string) bool { return !slices.Contains(x.Labels, name) }
			x.columns.LabelNames = slices.DeleteFunc(slices.Clone(info.LabelNames), other)
			x.columns.Text = slices.DeleteFunc(slices.Clone(info.Text), other)
		}
	}
	for _, name := range x.columns.Text {
		if !slices.Contains(info.Text, name) {
			return exit.Usagef("needs column %q of texts; %s; --labels chooses others", name, columnsOf(info))
		}
	}
	return needColumns(info, x.columns.LabelNames)
}

// encode keeps the columns of the synthetic images, in their order.
func (x *external) encode(b *data.Batch, info data.Info) error {
	b.Labels = pick(b.Labels, b.N, info.LabelNames, x.columns.LabelNames)
	b.Texts = pick(b.Texts, b.N, info.Text, x.columns.Text)
	return nil
}

// judge writes each set of images of the kind and calls the program once per seed.
func (x *external) judge(ctx context.Context, k kind, test set, seeds []uint64, o Options) (*ExternalFigures, error) {
	if x.test == "" {
		folder, err := x.write(ctx, "test", test)
		if err != nil {
			return nil, err
		}
		x.test = folder
	}
	f := &ExternalFigures{}
	for _, source := range k.sets {
		d, err := source.load(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.name, err)
		}
		folder, err := x.write(ctx, source.name, d)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.name, err)
		}
		for _, seed := range seeds {
			value, err := x.call(ctx, source.name, folder, seed, o)
			if err != nil {
				return nil, err
			}
			f.PerSeed = append(f.PerSeed, value)
		}
		if o.Save == "" {
			if err := os.RemoveAll(folder); err != nil {
				return nil, err
			}
		}
	}
	f.Value, f.CI95 = interval(f.PerSeed, len(seeds))
	return f, nil
}

// call calls the program and returns its number.
func (x *external) call(ctx context.Context, row, folder string, seed uint64, o Options) (float64, error) {
	fmt.Fprintf(o.Out, "%s, seed %d: %s\n", row, seed, x.Train)
	value, err := program.Call{
		Command: x.Train, Args: []string{folder, x.test, fmt.Sprint(seed)}, Env: []string{"SIMGAN_ROW=" + row},
		Timeout: x.Timeout, Out: o.Out,
	}.Number(ctx)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("--train %s: row %s, seed %d: %w", x.Train, row, seed, err)
	}
	fmt.Fprintf(o.Out, "trained on %-15s  seed %d: %g\n", row, seed, value)
	return value, nil
}

// write writes a set of images into a folder of that name and returns its absolute path. Image i is i.png, or i_vV.png
// in version V if there are several.
func (x *external) write(ctx context.Context, name string, d set) (string, error) {
	folder, err := filepath.Abs(filepath.Join(x.folder, name))
	if err != nil {
		return "", err
	}
	return folder, data.WriteFolder(ctx, folder, x.columns, d.Batch, func(i int) string {
		if d.variants() == 1 {
			return fmt.Sprintf("%07d.png", i)
		}
		return fmt.Sprintf("%07d_v%d.png", i%d.scenes, i/d.scenes)
	})
}
