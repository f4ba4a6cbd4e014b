// Package tinyrun configures trainings of seconds for tests.
package tinyrun

import (
	"fmt"
	"testing"

	"simgan/trainer/config"
)

// Steps is T of Config.
const Steps = 6

// Config returns a training of seconds that uses every part: history, noise, average, penalty, decay. Settings come
// last.
func Config(t *testing.T, settings ...string) config.Config {
	t.Helper()
	return load(t, "gaze-demo", append([]string{
		"refiner.width=8", "refiner.blocks=1", "discriminator.width=0.25", "train.batch=8", "train.history=24",
		"train.pretrain_refiner=3", "train.pretrain_discriminator=2", fmt.Sprintf("train.steps=%d", Steps), "train.r1_every=2",
		"data.synthetic=simulated:eyes,n=20", "data.real=simulated:eyes,domain=real,n=20",
		"train.precision=float32", "device=cpu", "train.k_g=2", "train.agreement=0",
		"log.every=2", "log.samples_every=3", "log.checkpoint_every=2", "log.keep=0",
	}, settings...))
}

// Bare returns gaze or hand without what the benchmark of scripts/parity.py lacks: noise, history, average, penalty,
// decay, l_label, l_div, a limit of l_reg; with its lambda and rates. Settings come last.
func Bare(t *testing.T, preset string, settings ...string) config.Config {
	t.Helper()
	return load(t, preset, append([]string{
		"train.history=0", "train.ema=0", "train.r1=0", "refiner.noise.kind=none", "train.lr_decay=none",
		"train.k_g=2", "train.k_d=1", "train.agreement=0", "train.diversity=0", "train.lambda=0.02", "train.reg_limit=0",
		"train.lr_discriminator=2e-4",
	}, settings...))
}

func load(t *testing.T, preset string, settings []string) config.Config {
	t.Helper()
	c, err := config.Load(preset, "", settings)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
