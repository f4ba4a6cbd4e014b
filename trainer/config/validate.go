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
	v.train(c)
	v.refiner(c.Refiner)
	v.need(c.Discriminator.Width > 0 && c.Discriminator.Width <= maxFactor,
		"discriminator.width is %g; use more than 0, at most %d", c.Discriminator.Width, maxFactor)
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

// Bounds of whole numbers. They are far beyond what is of use, and keep sums and products of them from overflowing.
const (
	MaxSteps   = 1_000_000_000 // of a phase
	MaxUpdates = 1_000_000     // of R, and of D, per iteration
	maxBatch   = 1 << 20
	MaxHistory = 1 << 30 // images
	maxBlocks  = 1000
	maxMaps    = 4096 // feature maps per layer
	maxKernel  = 63
	maxNoise   = 256 // channels
	maxThreads = 4096
	minTimeout = 10 // seconds: finding out which process is at fault takes some of them
	maxFactor  = 16 // on D's feature maps
)

// numbers checks that numbers are finite and whole numbers within their bounds.
func (v *validation) numbers(c *Config) {
	t, r := c.Train, c.Refiner
	for _, n := range []struct {
		key   string
		value float64
	}{
		{"train.lambda", t.Lambda}, {"train.reg_limit", t.RegLimit},
		{"train.agreement", t.Agreement}, {"train.diversity", t.Diversity},
		{"train.lr_refiner", t.LRRefiner},
		{"train.lr_discriminator", t.LRDiscriminator},
		{"train.r1", t.R1},
	} {
		v.need(!math.IsInf(n.value, 0), "%s is %g; use a finite number", n.key, n.value)
	}
	for _, n := range []struct {
		key                    string
		value, lowest, highest int
	}{
		{"train.steps", t.Steps, 0, MaxSteps},
		{"train.batch", t.Batch, 1, maxBatch},
		{"train.k_g", t.KG, 1, MaxUpdates},
		{"train.k_d", t.KD, 1, MaxUpdates},
		{"train.pretrain_refiner", t.PretrainRefiner, 0, MaxSteps},
		{"train.pretrain_discriminator", t.PretrainDiscriminator, 0, MaxSteps},
		{"train.r1_every", t.R1Every, 1, MaxSteps},
		{"train.timeout", t.Timeout, minTimeout, MaxSteps},
		{"refiner.blocks", r.Blocks, 0, maxBlocks},
		{"refiner.width", r.Width, 1, maxMaps},
		{"refiner.kernel", r.Kernel, 1, maxKernel},
		{"refiner.block_kernel", r.BlockKernel, 1, maxKernel},
		{"refiner.noise.grid", r.Noise.Grid, 0, maxMaps},
		{"refiner.noise.coarse", r.Noise.Coarse, 0, maxNoise},
		{"refiner.noise.constants", r.Noise.Constants, 0, maxNoise},
		{"data.workers", c.Data.Workers, 0, maxThreads},
		{"data.skip_bad", c.Data.SkipBad, 0, math.MaxInt32},
		{"threads", c.Threads, 0, maxThreads},
		{"log.every", c.Log.Every, 0, MaxSteps},
		{"log.samples_every", c.Log.SamplesEvery, 0, MaxSteps},
		{"log.checkpoint_every", c.Log.CheckpointEvery, 0, MaxSteps},
		{"log.keep", c.Log.Keep, 0, MaxSteps},
		{"eval.every", c.Eval.Every, 0, MaxSteps},
		{"guard.patience", c.Guard.Patience, 0, MaxSteps},
		{"guard.warn_after", c.Guard.WarnAfter, 1, MaxSteps},
	} {
		v.need(n.value >= n.lowest, "%s is %d; use %d or more", n.key, n.value, n.lowest)
		v.need(n.value <= n.highest, "%s is %d; use at most %d", n.key, n.value, n.highest)
	}
}

// train checks the hyperparameters.
func (v *validation) train(c *Config) {
	t := c.Train
	v.need(t.History == 0 || t.Batch%2 == 0,
		"train.batch is %d, but with history half of a batch is drawn from it: use an even number, or train.history=0",
		t.Batch)
	v.need(t.History == 0 || t.History == HistoryAuto || int(t.History) >= t.Batch/2,
		"train.history is %d; use auto, at least half of train.batch, or 0", t.History)
	v.need(t.History <= MaxHistory, "train.history is %d; use at most %d", t.History, MaxHistory)
	v.need(t.Lambda >= 0, "train.lambda is %g; use 0 or more", t.Lambda)
	v.need(t.RegLimit >= 0, "train.reg_limit is %g; use 0 or more", t.RegLimit)
	v.need(t.Agreement >= 0, "train.agreement is %g; use 0 (off) or more", t.Agreement)
	v.need(t.Diversity >= 0, "train.diversity is %g; use 0 (off) or more", t.Diversity)
	v.need(!c.RefinesTwice() || t.Batch%2 == 0,
		"train.batch is %d, but with train.diversity each synthetic image is refined twice: use an even number, or "+
			"train.diversity=0", t.Batch)
	v.need(t.LRRefiner > 0 && t.LRDiscriminator > 0,
		"train.lr_refiner and train.lr_discriminator are %g and %g; use more than 0", t.LRRefiner, t.LRDiscriminator)
	v.need(t.EMA >= 0 && t.EMA < 1, "train.ema is %g; use 0 (off) to below 1", t.EMA)
	v.need(t.R1 >= 0, "train.r1 is %g; use 0 (off) or more", t.R1)
	v.need(t.Beta1 >= 0 && t.Beta1 < 1 && t.Beta2 >= 0 && t.Beta2 < 1,
		"train.beta1 and train.beta2 are %g and %g; use 0 to below 1", t.Beta1, t.Beta2)
}

// refiner checks the filters and the noise.
func (v *validation) refiner(r architecture.Refiner) {
	v.need(r.Kernel%2 != 0 && r.BlockKernel%2 != 0,
		"refiner.kernel and refiner.block_kernel are %d and %d; use odd numbers", r.Kernel, r.BlockKernel)
	n := r.Noise
	v.need(n.Kind != architecture.MultiscaleNoise || n.Grid > 0,
		"refiner.noise.grid is %d; use 1 or more", n.Grid)
}
