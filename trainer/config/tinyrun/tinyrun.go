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
	c, err := config.Load("gaze-demo", "", append([]string{
		"refiner.width=8", "refiner.blocks=1", "discriminator.width=0.25", "train.batch=8", "train.history=24",
		"train.pretrain_refiner=3", "train.pretrain_discriminator=2", fmt.Sprintf("train.steps=%d", Steps), "train.r1_every=2",
		"data.synthetic=simulated:eyes,n=20", "data.real=simulated:eyes,domain=real,n=20",
		"train.precision=float32", "device=cpu", "train.k_g=2", "train.agreement=0",
		"log.every=2", "log.samples_every=3", "log.checkpoint_every=2", "log.keep=0",
	}, settings...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
