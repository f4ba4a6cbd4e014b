package eval

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"simgan/data"
	"simgan/internal/exit"
	"simgan/parallel"
	"simgan/trainer/config"
)

// Options are what Gaze and Hand take.
type Options struct {
	Runs       []string // the run folders whose refiners are evaluated: seeds of the GAN
	Checkpoint string   // best, latest or a step: of every run; "": latest
	Synthetic  string   // SPECs; "": those of the first run's config
	Real       string
	Test       string
	Only       string // evaluate one row, by its name; "": each
	// SelfTraining adds the rows in which real images without labels teach too.
	SelfTraining bool
	Seeds        int // estimators trained on each set of images
	Variants     int // refined versions of each image, if the refiner takes noise; control gets twice as many
	Estimator    EstimatorConfig
	Save         string          // folder for the weights of every estimator; "": none are kept
	Out          io.Writer       // a line per estimator
	Group        *parallel.Group // the processes that the estimators are dealt to; nil: this one trains all
	smaller      string          // what to do if memory does not hold the images; "": as wayOut says
	skipBad      int             // bad files of each data set that are left out: data.skip_bad of the first run

	// Progress, if any, is called as images are refined, and then after each step of an estimator. unit is what is
	// counted.
	Progress func(what, unit string, done, total int)
}

// open opens a data set without the bad files that the run may skip.
func (o Options) open(ctx context.Context, spec string) (data.Dataset, error) {
	return openReadable(ctx, spec, o.skipBad, o.Out)
}

// openReadable opens a data set without its bad files, at most skipBad. It names them on out.
func openReadable(ctx context.Context, spec string, skipBad int, out io.Writer) (data.Dataset, error) {
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return nil, err
	}
	readable, err := data.Readable(ctx, ds, data.Skip{
		Most: skipBad, Key: "data.skip_bad",
		Warn: func(err error) { fmt.Fprintf(out, "warning: left out: %v\n", err) },
	})
	if err != nil {
		ds.Close()
	}
	return readable, err
}

// report reports progress.
func (o Options) report(what, unit string, done, total int) {
	if o.Progress != nil {
		o.Progress(what, unit, done, total)
	}
}

// wayOut says what to do if memory does not hold the versions of images.
func (o Options) wayOut() string {
	switch {
	case o.smaller != "":
		return o.smaller
	case o.Variants > 1:
		return "lower --variants"
	}
	return "give fewer images, or lower --steps or --batch"
}

// mostScenes returns the number of scenes that an estimator can see: it bounds every training set.
func (o Options) mostScenes() int { return o.Estimator.Steps * o.Estimator.Batch }

// fillsBatch refuses training images that do not fill a batch: the estimator would see some of them twice per step.
func (o Options) fillsBatch(d set, key, spec string) error {
	if d.N >= o.Estimator.Batch {
		return nil
	}
	return exit.Usagef("%s: %s has %d images, fewer than --batch %d: give more images, or a smaller --batch",
		key, spec, d.N, o.Estimator.Batch)
}

// estimator returns how the estimator of a set of images and a seed is trained. Its weights are saved as
// NAME-seed-N.safetensors.
func (o Options) estimator(name string, seed uint64) EstimatorConfig {
	c := o.Estimator
	if o.Save != "" {
		c.Save = filepath.Join(o.Save, fmt.Sprintf("%s-seed-%d.safetensors", name, seed))
	}
	return c
}

// maxWidth bounds the feature maps of an estimator.
const maxWidth = 4096

// validate refuses options that no estimator could be trained with.
func (o Options) validate() error {
	if len(o.Runs) == 0 {
		return exit.Usagef("no run is given: use --run FOLDER")
	}
	return o.validateChoices(rowNames)
}

// validateChoices checks the numbers, and that the row asked for is one of rows.
func (o Options) validateChoices(rows []string) error {
	c := o.Estimator
	for _, v := range []struct {
		name        string
		value, most int
	}{
		{"seeds", o.Seeds, 10000}, {"variants", o.Variants, data.MaxVariants}, {"steps", c.Steps, config.MaxSteps},
		{"batch", c.Batch, 1 << 20},
	} {
		if v.value < 1 || v.value > v.most {
			return exit.Usagef("--%s is %d; use 1 or more, at most %d", v.name, v.value, v.most)
		}
	}
	if c.Width < 0 || c.Width > maxWidth {
		return exit.Usagef("--width is %d; use 1 or more, at most %d", c.Width, maxWidth)
	}
	if !(c.LR > 0) || math.IsInf(c.LR, 0) {
		return exit.Usagef("--lr is %g; use more than 0", c.LR)
	}
	if !(c.Shift >= 0 && c.Shift <= 0.5) {
		return exit.Usagef("--shift is %g; use a share of the width from 0 to 0.5", c.Shift)
	}
	if o.Only != "" && !slices.Contains(rows, o.Only) {
		return exit.Usagef("--only is %q; use one of %s", o.Only, strings.Join(rows, ", "))
	}
	return nil
}
