package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExitCodesAndMessages(t *testing.T) {
	held := t.TempDir()
	if err := os.WriteFile(filepath.Join(held, "config.yaml"), []byte("seed: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	small := []string{"--device", "cpu", "--set", "data.synthetic=simulated:eyes,n=4", "--set", "data.real=simulated:eyes,domain=real,n=4"}
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"help":            {[]string{"help"}, 0, ""},
		"dry run":         {[]string{"train", "--dry-run", "--preset", "gaze-paper-v1", "--device", "cpu"}, 0, ""},
		"no such command": {[]string{"trian"}, exitUsage, "trian"},
		"no such flag":    {[]string{"train", "--stpes", "3"}, exitUsage, "stpes"},
		"k_g":             {[]string{"train", "--set", "train.k_g=0"}, exitUsage, "train.k_g is 0"},
		"missing data":    {[]string{"train", "--device", "cpu", "--set", "data.real=folder:/nowhere", "--run", filepath.Join(t.TempDir(), "r")}, exitUsage, "/nowhere"},
		"held folder":     {append([]string{"train", "--run", held}, small...), exitFailed, "--resume"},
		"resume nothing":  {[]string{"train", "--resume", "--run", t.TempDir()}, exitFailed, "no run to resume"},
		"resume where":    {[]string{"train", "--resume"}, exitUsage, "--run"},
		"refine no run":   {[]string{"refine", "--run", t.TempDir(), "--data", "simulated:eyes", "--out", filepath.Join(t.TempDir(), "o")}, exitUsage, "config.yaml"},
		"sizes differ":    {append([]string{"train", "--run", filepath.Join(t.TempDir(), "r"), "--set", "data.real=simulated:eyes,size=36x60"}, small[:4]...), exitUsage, "size=HxW"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, problems bytes.Buffer
			if code := run(append([]string{"simgan"}, c.args...), &out, &problems); code != c.code {
				t.Errorf("exit code %d, want %d: %s", code, c.code, problems.String())
			}
			if !strings.Contains(problems.String(), c.want) {
				t.Errorf("%q does not say %q", problems.String(), c.want)
			}
			if c.code == 0 && out.Len() == 0 {
				t.Error("nothing was printed")
			}
		})
	}
}

func TestSimulateWritesLabelledImages(t *testing.T) {
	for _, what := range []string{"eyes", "hands"} {
		dir := filepath.Join(t.TempDir(), what)
		var out, problems bytes.Buffer
		if code := run([]string{"simgan", "simulate", what, "--n", "3", "--out", dir}, &out, &problems); code != 0 {
			t.Fatalf("exit code %d: %s", code, problems.String())
		}
		labels, err := os.ReadFile(filepath.Join(dir, "labels.csv"))
		if err != nil || strings.Count(string(labels), "\n") != 4 {
			t.Errorf("labels.csv: %q, %v", labels, err)
		}
	}
}
