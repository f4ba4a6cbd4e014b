package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/exit"
)

// A sweep runs its trials by simgan, which is the test binary here.
func init() {
	if os.Getenv("SIMGAN_TEST_AS_COMMAND") != "" {
		os.Exit(run(os.Args, os.Stdout, os.Stderr))
	}
}

const sweepText = `
preset: gaze-demo
settings: [device=cpu, refiner.width=4, refiner.blocks=1, discriminator.width=0.1, train.batch=4, train.history=8,
  train.precision=float32, train.pretrain_refiner=1, train.pretrain_discriminator=1, train.steps=2, log.every=1,
  log.samples_every=0, log.checkpoint_every=0,
  "data.synthetic=simulated:eyes,n=8", "data.real=simulated:eyes,domain=real,n=8,seed=2",
  "data.test=simulated:eyes,domain=real,n=8,seed=3"]
parameters: {train.lambda: {choices: [0.01]}}
method: grid
objective: {evaluation: gaze, direction: minimise, validation: "simulated:eyes,domain=real,n=8,seed=4", steps: 1,
  variants: 1}
early_stopping: {first: 1, eta: 2}
`

// A real trial is trained to the rung, evaluated there, resumed and evaluated again.
func TestSweepOfARealTrial(t *testing.T) {
	t.Setenv("SIMGAN_TEST_AS_COMMAND", "1")
	dir := t.TempDir()
	file := filepath.Join(dir, "s.yaml")
	if err := os.WriteFile(file, []byte(sweepText), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	if code := run([]string{"simgan", "sweep", "--dir", filepath.Join(dir, "out"), file}, &out, &problems); code != 0 {
		t.Fatalf("exit code %d: %s%s", code, out.String(), problems.String())
	}
	for _, want := range []string{
		"1 of 1 trials: 1 done, 0 stopped early, 0 diverged, 0 failed",
		"next: simgan eval gaze --run " + filepath.Join(dir, "out", "trial-0000") + " --seeds 1 --steps 1 --variants 1\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in what the sweep said: %s", want, out.String())
		}
	}
	for _, name := range []string{
		"best.yaml", "sweep.html", "trial-0000/validation-0000001.json", "trial-0000/validation.json",
		"trial-0000/checkpoints/step-0000001/state.json",
	} {
		if _, err := os.Stat(filepath.Join(dir, "out", name)); err != nil {
			t.Error(err)
		}
	}
}

func TestSweepOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(sweepText, "seed=4", "seed=3", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"after all options":     {file, "--collect"},
		"give one of them":      {"--slurm", "--collect", file},
		"nothing may be chosen": {"--print-commands", file},
		"no such file":          {file + "x"},
	} {
		var out, problems bytes.Buffer
		if code := run(append([]string{"simgan", "sweep"}, args...), &out, &problems); code != exit.Usage ||
			!strings.Contains(problems.String(), want) {
			t.Errorf("%v: exit code %d, %q does not say %q", args, code, problems.String(), want)
		}
	}
}
