package config

import (
	"errors"
	"fmt"
	"math"

	"simgan/models/architecture"
)

// Validate reports every value that no run could use.
func (c *Config) Validate() error {
	v := &validation{}
	v.numbers(c)
	v.train(c.Train)
	v.refiner(c.Refiner)
	v.need(c.Discriminator.Width > 0, "discriminator.width is %g; use more than 0", c.Discriminator.Width)
	for _, share := range []float64{c.Guard.Collapse, c.Guard.Unchanged, c.Guard.DWins} {
		v.need(share >= 0 && share <= 1, "guard: collapse, unchanged or d_wins is %g; use 0 (off) to 1", share)
	}
	return errors.Join(v.problems...)
}

// validation collects problems.
type validation struct{ problems []error }

// need adds a problem unless ok.
func (v *validation) need(ok bool, format string, args ...any) {
	if !ok {
		v.problems = append(v.problems, fmt.Errorf(format, args...))
	}
}

// numbers checks that numbers are finite and no whole number is below its lowest value.
func (v *validation) numbers(c *Config) {
	t, r := c.Train, c.Refiner
	for _, n := range []struct {
		key   string
		value float64
	}{
		{"train.lambda", t.Lambda},
		{"train.lr_refiner", t.LRRefiner},
		{"train.lr_discriminator", t.LRDiscriminator},
		{"train.r1", t.R1},
		{"discriminator.width", c.Discriminator.Width},
	} {
		v.need(!math.IsInf(n.value, 0), "%s is %g; use a finite number", n.key, n.value)
	}
	for _, n := range []struct {
		key           string
		value, lowest int
	}{
		{"train.steps", t.Steps, 0},
		{"train.batch", t.Batch, 1},
		{"train.k_g", t.KG, 1},
		{"train.k_d", t.KD, 1},
		{"train.pretrain_refiner", t.PretrainRefiner, 0},
		{"train.pretrain_discriminator", t.PretrainDiscriminator, 0},
		{"train.r1_every", t.R1Every, 1},
		{"refiner.blocks", r.Blocks, 0},
		{"refiner.width", r.Width, 1},
		{"data.workers", c.Data.Workers, 0},
		{"data.skip_bad", c.Data.SkipBad, 0},
		{"threads", c.Threads, 0},
		{"log.every", c.Log.Every, 0},
		{"log.samples_every", c.Log.SamplesEvery, 0},
		{"log.checkpoint_every", c.Log.CheckpointEvery, 0},
		{"log.keep", c.Log.Keep, 0},
		{"guard.patience", c.Guard.Patience, 0},
		{"guard.warn_after", c.Guard.WarnAfter, 1},
	} {
		v.need(n.value >= n.lowest, "%s is %d; use %d or more", n.key, n.value, n.lowest)
	}
}

// train checks the hyperparameters.
func (v *validation) train(t Train) {
	v.need(t.History == 0 || t.Batch%2 == 0,
		"train.batch is %d, but with history half of a batch is drawn from it: use an even number, or train.history=0",
		t.Batch)
	v.need(t.History == 0 || t.History == HistoryAuto || int(t.History) >= t.Batch/2,
		"train.history is %d; use auto, at least half of train.batch, or 0", t.History)
	v.need(t.Lambda >= 0, "train.lambda is %g; use 0 or more", t.Lambda)
	v.need(t.LRRefiner > 0 && t.LRDiscriminator > 0,
		"train.lr_refiner and train.lr_discriminator are %g and %g; use more than 0", t.LRRefiner, t.LRDiscriminator)
	v.need(t.EMA >= 0 && t.EMA < 1, "train.ema is %g; use 0 (off) to below 1", t.EMA)
	v.need(t.R1 >= 0, "train.r1 is %g; use 0 (off) or more", t.R1)
	v.need(t.Beta1 >= 0 && t.Beta1 < 1 && t.Beta2 >= 0 && t.Beta2 < 1,
		"train.beta1 and train.beta2 are %g and %g; use 0 to below 1", t.Beta1, t.Beta2)
}

// refiner checks the filters and the noise.
func (v *validation) refiner(r architecture.Refiner) {
	odd := func(n int) bool { return n > 0 && n%2 == 1 }
	v.need(odd(r.Kernel) && odd(r.BlockKernel),
		"refiner.kernel and refiner.block_kernel are %d and %d; use odd numbers", r.Kernel, r.BlockKernel)
	n := r.Noise
	v.need(n.Kind != architecture.MultiscaleNoise || n.Grid > 0 && n.Coarse >= 0 && n.Constants >= 0,
		"refiner.noise: grid must be above 0, coarse and constants 0 or more")
}
