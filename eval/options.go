package eval

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

	"simgan/data"
	"simgan/internal/exit"
	"simgan/trainer/config"
)

// Options are what Gaze and Hand take.
type Options struct {
	Run       string // the run folder whose refiner is evaluated
	Synthetic string // SPECs; "": those of the run's config
	Real      string
	Test      string
	Only      string // evaluate one kind of images: synthetic, refined or real; "": each
	Seeds     int    // estimators trained on each kind of images
	Variants  int    // refined versions of each image, if the refiner takes noise
	Estimator EstimatorConfig
	Save      string    // folder for the weights of every estimator, KIND-seed-N.safetensors; "": none are kept
	Out       io.Writer // a line per estimator

	// Progress, if any, is called as images are refined, and then after each step of an estimator. unit is what is
	// counted.
	Progress func(what, unit string, done, total int)
}

// report reports progress.
func (o Options) report(what, unit string, done, total int) {
	if o.Progress != nil {
		o.Progress(what, unit, done, total)
	}
}

// estimator returns how the estimator of a kind and seed is trained.
func (o Options) estimator(k kind, seed uint64) EstimatorConfig {
	c := o.Estimator
	if o.Save != "" {
		c.Save = filepath.Join(o.Save, fmt.Sprintf("%s-seed-%d.safetensors", k.name, seed))
	}
	return c
}

// maxWidth bounds the feature maps of an estimator.
const maxWidth = 4096

// validate refuses options that no estimator could be trained with.
func (o Options) validate() error {
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
	if !slices.Contains([]string{"", "synthetic", "refined", "real"}, o.Only) {
		return exit.Usagef("--only is %q; use synthetic, refined or real", o.Only)
	}
	return nil
}
