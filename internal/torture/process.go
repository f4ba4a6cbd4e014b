package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// settings make a run of about two seconds that uses every part but l_label, whose lesson would take as long, and saves
// often.
var settings = []string{
	"train.steps=24", "train.batch=8", "refiner.width=8", "refiner.blocks=1", "discriminator.width=0.25",
	"train.pretrain_refiner=4", "train.pretrain_discriminator=2", "train.history=64", "train.r1_every=2",
	"train.precision=float32", "threads=1", "log.every=4", "log.samples_every=6", "log.checkpoint_every=3", "log.keep=2",
	"data.synthetic=simulated:eyes,n=40", "data.real=simulated:eyes,domain=real,n=40", "guard.patience=0",
	"train.agreement=0",
}

// lastCheckpoint is the one that is compared.
const lastCheckpoint = "checkpoints/step-0000024"

// next returns the folder of a new run.
func (t *torture) next() string {
	t.runs++
	return filepath.Join(t.dir, fmt.Sprintf("run-%04d", t.runs))
}

// command returns a process that starts the run in the folder, with these settings besides, or continues it.
func (t *torture) command(run string, besides ...string) (*exec.Cmd, *screen) {
	return t.commandUnder(nil, run, besides...)
}

// commandUnder returns a command with words before it.
func (t *torture) commandUnder(before []string, run string, besides ...string) (*exec.Cmd, *screen) {
	args := slices.Concat(before, []string{t.simgan}, t.launcher, []string{"train", "--run", run, "--device", "cpu"})
	if _, err := os.Stat(filepath.Join(run, "config.yaml")); err == nil {
		args = append(args, "--resume")
	} else {
		for _, s := range slices.Concat(settings, besides) {
			args = append(args, "--set", s)
		}
	}
	cmd := exec.Command(args[0], args[1:]...)
	out := &screen{last: time.Now()}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

// reference trains the run that nobody disturbs.
func (t *torture) reference() (err error) {
	run := t.next()
	cmd, out := t.command(run)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", run, err, out)
	}
	t.lines, t.first = out.lines, out.first
	t.want, err = hashes(filepath.Join(run, lastCheckpoint))
	return err
}

// finish continues the run to its end.
func (t *torture) finish(run string, besides ...string) error {
	cmd, out := t.command(run, besides...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", run, err, out)
	}
	return nil
}

// compare continues the run to its end and compares its bytes with the undisturbed run's.
func (t *torture) compare(run string) error {
	if err := t.finish(run); err != nil {
		return err
	}
	got, err := hashes(filepath.Join(run, lastCheckpoint))
	if err != nil {
		return err
	}
	for name, want := range t.want {
		if got[name] != want {
			return fmt.Errorf("%s: %s differs", run, name)
		}
	}
	if left := leftovers(run); len(left) > 0 {
		return fmt.Errorf("%s: left %v", run, left)
	}
	return os.RemoveAll(run)
}

// hashes returns the SHA-256 of a checkpoint's tensors by file.
func hashes(checkpoint string) (map[string]string, error) {
	entries, err := os.ReadDir(checkpoint)
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".safetensors" {
			content, err := os.ReadFile(filepath.Join(checkpoint, e.Name()))
			if err != nil {
				return nil, err
			}
			sums[e.Name()] = fmt.Sprintf("%x", sha256.Sum256(content))
		}
	}
	if len(sums) == 0 {
		return nil, fmt.Errorf("%s holds no tensors", checkpoint)
	}
	return sums, nil
}

// leftovers lists files of a finished run that only a kill leaves. Locks stay in every run.
func leftovers(run string) (left []string) {
	for _, folder := range []string{".", "checkpoints", "samples", lastCheckpoint} {
		entries, _ := os.ReadDir(filepath.Join(run, folder)) // an absent folder has none
		for _, e := range entries {
			name := e.Name()
			if filepath.Ext(name) != ".lock" && (strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".partial") ||
				strings.HasSuffix(name, ".old")) {
				left = append(left, filepath.Join(folder, name))
			}
		}
	}
	return left
}

// polite reports what a process without room on its disk must not do: end by a signal, or with Go's stack.
func polite(err error, out string) error {
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() < 0 {
		return fmt.Errorf("ended by %v: %s", ended, out)
	}
	for _, sign := range []string{"goroutine ", "panic:", "fatal error:"} {
		if strings.Contains(out, sign) {
			return fmt.Errorf("it crashed: %s", out)
		}
	}
	return nil
}
