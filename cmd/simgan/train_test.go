package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/data/picture"
	"simgan/internal/exit"
)

// tiny are train's arguments for a run of seconds on a folder of 6 images.
func tiny(t *testing.T) []string {
	t.Helper()
	set := t.TempDir()
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		if err := picture.EncodePNG(filepath.Join(set, name+".png"), picture.NewImage(1, 35, 55, 8)); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--preset", "gaze-demo", "--device", "cpu"}
	for _, setting := range []string{
		"data.synthetic=folder:" + set, "data.real=folder:" + set, "refiner.width=8", "refiner.blocks=1",
		"discriminator.width=0.25", "train.batch=4", "train.history=8", "train.pretrain_refiner=1",
		"train.pretrain_discriminator=1", "train.steps=4",
		"train.precision=float32", "log.every=1", "log.checkpoint_every=2", "guard.patience=0",
	} {
		args = append(args, "--set", setting)
	}
	return args
}

// trainSays runs train and returns its exit code and all that it printed.
func trainSays(args ...string) (int, string) {
	var text bytes.Buffer
	code := run(append([]string{"simgan", "train"}, args...), &text, &text)
	return code, text.String()
}

// A resumed run starts from its own config; what cannot go with that is refused, and what changes is said and logged.
func TestResumeTakesTheRunsOwnConfig(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	start := append(tiny(t), "--run", dir, "--until", "2")
	if code, said := trainSays(start...); code != 0 {
		t.Fatal(said)
	}
	config, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	resume := []string{"--run", dir, "--resume"}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--preset", "gaze"}, "leave out --preset and --config"},
		{[]string{"--config", "c.yaml"}, "leave out --preset and --config"},
		{[]string{"--continue"}, "exclude each other"},
		{[]string{"--set", "refiner.width=16"}, "refiner.width 8 -> 16: cannot change"},
		{[]string{"--set", "train.optimizer=sgd"}, "train.optimizer adam -> sgd: cannot change"},
		{[]string{"--set", "data.synthetic=simulated:eyes,n=4,size=40x60", "--set", "data.real=simulated:eyes,n=4,size=40x60"},
			"images are 1x40x60 (channels, height, width), the run's were 1x35x55"},
	} {
		if code, said := trainSays(append(resume, c.args...)...); code != exit.Usage || !strings.Contains(said, c.want) {
			t.Errorf("%v: exit code %d, %q does not say %q", c.args, code, said, c.want)
		}
		if now, err := os.ReadFile(filepath.Join(dir, "config.yaml")); err != nil || !bytes.Equal(now, config) {
			t.Fatalf("%v: the run's config has changed: %v", c.args, err)
		}
	}
	code, said := trainSays(append(resume, "--set", "train.batch=2", "--set", "train.history=4")...)
	log, err := os.ReadFile(filepath.Join(dir, "log.txt"))
	for _, want := range []string{
		"resumed at train step 2", "changed: train.batch 4 -> 2", "changed: train.history 8 -> 4", "takes about ",
		"(4 checkpoints of ",
	} {
		if code != 0 || err != nil || !strings.Contains(said, want) || !strings.Contains(string(log), want) {
			t.Errorf("exit code %d, %v: %q or the log does not say %q", code, err, said, want)
		}
	}
	code, said = trainSays(append(resume, "--set", "refiner.width=16")...)
	if code != exit.Usage || !strings.Contains(said, "refiner.width 8 -> 16") {
		t.Errorf("a finished run: exit code %d, %q", code, said)
	}
	code, said = trainSays(append(resume, "--set", "train.batch=4")...)
	if code != 0 || !strings.Contains(said, "nothing to resume") ||
		!strings.Contains(said, "not used: train.batch 2 -> 4") {
		t.Errorf("a finished run: exit code %d, %q", code, said)
	}
}

// The same command starts a run, continues it and finds it done. Only --set changes a run that has begun.
func TestContinueIsOneCommandForAll(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(dir, 0o755); err != nil { // as schedulers make it
		t.Fatal(err)
	}
	job := append(tiny(t), "--run", dir, "--continue")
	for _, c := range []struct {
		more []string
		want string
	}{
		{[]string{"--until", "2"}, "paused at train step 2"},
		{[]string{"--until", "3", "--preset", "gaze-paper-v1"}, "not used: refiner.padding replicate -> zeros"},
		{[]string{"--set", "log.keep=2"}, "changed: log.keep 3 -> 2"},
		{[]string{"--set", "log.keep=2"}, "is done already"},
	} {
		if code, said := trainSays(append(job, c.more...)...); code != 0 || !strings.Contains(said, c.want) {
			t.Errorf("%v: exit code %d, %q does not say %q", c.more, code, said, c.want)
		}
	}
	if code, said := trainSays("--continue"); code != exit.Usage || !strings.Contains(said, "--run") {
		t.Errorf("--continue without --run: exit code %d, %q", code, said)
	}
}
