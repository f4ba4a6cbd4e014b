package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// simgan runs a command line and returns its exit code and all that it wrote.
func simgan(args ...string) (int, string) {
	var text bytes.Buffer
	code := run(append([]string{"simgan"}, args...), &text, &text)
	return code, text.String()
}

// Runs of seeds are made in their folder, and the same command leaves those that are done alone. They are evaluated
// together next. What would contradict --seeds is refused.
func TestTrainSeeds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	line := []string{
		"train", "--run", dir, "--seeds", "2", "--seed", "4", "--device", "cpu", "--preset", "gaze-demo",
		"--set", "refiner.width=4", "--set", "refiner.blocks=1", "--set", "discriminator.width=0.1", "--set", "train.batch=4",
		"--set", "train.pretrain_refiner=1", "--set", "train.pretrain_discriminator=1", "--set", "train.steps=1",
		"--set", "train.history=8", "--set", "data.synthetic=simulated:eyes,n=8",
		"--set", "data.real=simulated:eyes,domain=real,n=8",
		"--set", "data.test=simulated:eyes,domain=real,n=8,seed=2",
	}
	for range 2 {
		code, text := simgan(line...)
		if next := "\nnext: simgan eval gaze --run " + dir + " --device cpu\n"; code != 0 || !strings.HasSuffix(text, next) {
			t.Fatalf("exit code %d, want %q at the end of\n%s", code, next, text)
		}
	}
	other := filepath.Join(t.TempDir(), "other")
	if code, text := simgan(append(append([]string{}, line...), "--run", other, "--dry-run")...); code != 0 ||
		strings.Count(text, "\nrefiner:") != 2 {
		t.Errorf("--dry-run: exit code %d, %s", code, text)
	}
	for _, name := range []string{"seed-4", "seed-5"} {
		text, err := os.ReadFile(filepath.Join(dir, name, "config.yaml"))
		if err != nil || !strings.Contains(string(text), "seed: "+name[5:]) {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	for want, more := range map[string][]string{
		"--seeds is 0":           {"--seeds", "0"},
		"leave out --resume":     {"--resume"},
		"exclude each other":     {"--until", "1"},
		"leave out --set seed":   {"--set", "seed=3"},
		"leave out --seeds":      {"--slurm-script"},
		"is a run itself; give ": {"--run", filepath.Join(dir, "seed-4")},
	} {
		if code, text := simgan(append(append([]string{}, line...), more...)...); code != 2 || !strings.Contains(text, want) {
			t.Errorf("%v: exit code %d, %s; want %q", more, code, text, want)
		}
	}
	seed := filepath.Join(dir, "seed-4")
	if code, text := simgan("report", "--out", filepath.Join(dir, "page.html"), seed); code != 2 ||
		!strings.Contains(text, "is for comparing several runs") {
		t.Errorf("report --out of one run: exit code %d, %s", code, text)
	}
}
