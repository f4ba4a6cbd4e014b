package eval

import (
	"context"
	"fmt"
	"io"
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
	if o.Group.Size() > 1 && o.Save != "" {
		return nil, exit.Usagef("--save keeps the folders of one process: leave it out, or start without a launcher")
	}
	x := &external{ExternalOptions: e, folder: o.Save, keep: o.Save != ""}
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
	t := task{name: "external", metric: "value", quantity: "the program's number", higher: e.HigherIsBetter, labels: x}
	return compare(ctx, o, t, exam[float64, ExternalFigures]{
		begin: x.begin,
		errors: func(ctx context.Context, _, _ set, _ EstimatorConfig, seed uint64) ([]float64, error) {
			value, err := x.call(ctx, seed, o.Out)
			return []float64{value}, err
		},
		blank: func() *ExternalFigures { return &ExternalFigures{} },
		add: func(f *ExternalFigures, values []float64, _ set, _ int) (string, bool) {
			f.PerSeed = append(f.PerSeed, values...)
			return fmt.Sprintf("%g", values[0]), true
		},
		finish: func(f *ExternalFigures, seeds int) { f.Value, f.CI95 = interval(f.PerSeed, seeds) },
		costs: func(f *ExternalFigures) []float64 {
			if e.HigherIsBetter {
				return negative(f.PerSeed)
			}
			return f.PerSeed
		},
	})
}

// external is a user's program, and the labelling that keeps columns as they are.
type external struct {
	ExternalOptions
	folder  string    // of the folders of images
	keep    bool      // the folders of images, after their use
	columns data.Info // the columns of numbers and of texts: those of the synthetic images
	test    string    // the folder of test images, when it is written
	images  string    // the folder of the training images that were written last
	row     string    // their name
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
func (x *external) encode(b *data.Batch, info data.Info, _ bool) error {
	b.Labels = pick(b.Labels, b.N, info.LabelNames, x.columns.LabelNames)
	b.Texts = pick(b.Texts, b.N, info.Text, x.columns.Text)
	return nil
}

// begin writes a set of images, and the test images before the first one.
func (x *external) begin(ctx context.Context, name string, d, test set) (err error) {
	if x.test == "" {
		if x.test, err = x.write(ctx, "test", test); err != nil {
			return err
		}
	}
	if x.images != "" && !x.keep {
		if err := os.RemoveAll(x.images); err != nil {
			return err
		}
	}
	x.row = name
	x.images, err = x.write(ctx, name, d)
	return err
}

// call calls the program and returns its number.
func (x *external) call(ctx context.Context, seed uint64, out io.Writer) (float64, error) {
	fmt.Fprintf(out, "%s, seed %d: %s\n", x.row, seed, x.Train)
	value, err := program.Call{
		Command: x.Train, Args: []string{x.images, x.test, fmt.Sprint(seed)}, Env: []string{"SIMGAN_ROW=" + x.row},
		Timeout: x.Timeout, Out: out,
	}.Number(ctx)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("--train %s: seed %d: %w", x.Train, seed, err)
	}
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
