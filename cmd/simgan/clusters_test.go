package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"simgan/trainer/rundir"
)

// turn is a turn of scripts/run.sbatch in a folder with a scontrol that records its calls.
type turn struct {
	*exec.Cmd
	said bytes.Buffer
}

func newTurn(t *testing.T, dir string, args ...string) *turn {
	t.Helper()
	script, err := filepath.Abs("../../scripts/run.sbatch")
	if err != nil {
		t.Fatal(err)
	}
	c := &turn{Cmd: exec.Command("bash", append([]string{script}, args...)...)}
	c.Env = append(os.Environ(), "SIMGAN_TEST_AS_COMMAND=1", "SIMGAN="+os.Args[0], "RUN="+filepath.Join(dir, "run"),
		"SLURM_SUBMIT_DIR="+dir, "SLURM_JOB_ID=7", "PATH="+dir+":"+os.Getenv("PATH"))
	c.Stdout, c.Stderr = &c.said, &c.said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// end waits for the turn and returns its exit code.
func (c *turn) end(t *testing.T) int {
	t.Helper()
	err := c.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode()
}

// A job that is stopped at its time limit saves, is queued again, continues, and is done.
func TestSbatchScriptSurvivesTheTimeLimit(t *testing.T) {
	dir := t.TempDir()
	requeued := filepath.Join(dir, "requeued")
	scontrol := fmt.Sprintf("#!/bin/sh\necho \"$@\" >>'%s'\n", requeued)
	if err := os.WriteFile(filepath.Join(dir, "scontrol"), []byte(scontrol), 0o755); err != nil {
		t.Fatal(err)
	}
	args := append(tiny(t), "--set", "train.steps=1000000")
	for i, limit := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGTERM} { // a time limit, then a cancelled job
		c := newTurn(t, dir, args...)
		for range 200 { // until it trains
			log, _ := os.ReadFile(filepath.Join(dir, "run", "log.txt"))
			turns := strings.Split(string(log), "patches;")
			if len(turns) == i+2 && strings.Contains(turns[i+1], " train ") {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err := c.Process.Signal(limit); err != nil {
			t.Fatal(err)
		}
		if code := c.end(t); code != 143 {
			t.Fatalf("%v: exit code %d: %s", limit, code, c.said.String())
		}
		if calls, err := os.ReadFile(requeued); err != nil || string(calls) != "requeue 7\n" {
			t.Errorf("%v: scontrol was called with %q, %v", limit, calls, err)
		}
	}
	latest, err := rundir.LatestCheckpoint(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	var step int
	if _, err := fmt.Sscanf(filepath.Base(latest), "step-%d", &step); err != nil {
		t.Fatal(err)
	}
	args = append(args, "--set", fmt.Sprintf("train.steps=%d", step+2))
	for _, want := range []string{fmt.Sprintf("step %d\n", step), "is done already"} {
		c := newTurn(t, dir, args...)
		if code := c.end(t); code != 0 || !strings.Contains(c.said.String(), want) {
			t.Errorf("exit code %d, %q does not say %q", code, c.said.String(), want)
		}
	}
}
