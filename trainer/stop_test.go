package trainer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"simgan/internal/exit"
	"simgan/trainer/config/tinyrun"
	"simgan/trainer/rundir"
)

// countdown is a context that is cancelled after it was asked a number of times.
type countdown struct {
	context.Context
	left atomic.Int64
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return exit.ErrStopped
	}
	return nil
}

// A run that is stopped anywhere, between iterations or inside one, ends in the bytes of one that was not stopped. An
// iteration asks 8 times: before it, for each of 3 batches of R, and for each of 2 x 2 batches of D.
func TestStopAnywhereIsExact(t *testing.T) {
	many := []string{"train.k_g=3", "train.k_d=2", "log.checkpoint_every=0"}
	whole := filepath.Join(t.TempDir(), "run")
	const plenty = 1 << 40
	var before int64 // how often the run asks until it begins
	counter := &countdown{Context: context.Background()}
	counter.left.Store(plenty)
	begins := cancelAt{"takes about", func() { before = plenty - counter.left.Load() }}
	if err := Run(counter, tinyrun.Config(t, many...), Options{Dir: whole, Out: begins}); err != nil || before == 0 {
		t.Fatal(before, err)
	}
	want := weights(t, whole)
	inside := false
	for _, after := range []int64{0, 20, 22, 25, 27} {
		dir := filepath.Join(t.TempDir(), "run")
		ctx := &countdown{Context: context.Background()}
		ctx.left.Store(before + after)
		err := Run(ctx, tinyrun.Config(t, many...), Options{Dir: dir, Out: io.Discard})
		if !errors.Is(err, exit.ErrStopped) {
			t.Fatalf("after %d: %v", after, err)
		}
		latest, err := rundir.LatestCheckpoint(dir)
		if err != nil || latest == "" {
			t.Fatalf("after %d: saved %q, %v", after, latest, err)
		}
		st, err := readState(latest)
		if err != nil {
			t.Fatal(err)
		}
		inside = inside || st.Made > 0
		train(t, tinyrun.Config(t, many...), dir, true)
		for name, content := range weights(t, dir) {
			if !bytes.Equal(content, want[name]) {
				t.Errorf("stopped at %s step %d, update %d: %s.safetensors differs", st.Phase, st.Step, st.Made, name)
			}
		}
	}
	if !inside {
		t.Error("no run was stopped inside an iteration")
	}
}

// A run that is stopped and cannot be saved has failed: it does not end as one that was saved.
func TestStopThatCannotSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancelCause(context.Background())
	spoil := cancelAt{"train 2", func() {
		folder := filepath.Join(dir, "checkpoints")
		if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o644)); err != nil {
			t.Error(err)
		}
		cancel(exit.ErrStopped)
	}}
	err := Run(ctx, tinyrun.Config(t, "log.checkpoint_every=0"), Options{Dir: dir, Out: spoil})
	if err == nil || errors.Is(err, exit.ErrStopped) || !strings.Contains(err.Error(), "could not be saved") {
		t.Errorf("error is %v", err)
	}
	p, err := rundir.ReadProvenance(dir)
	if err != nil || len(p.Processes) != 1 || p.Processes[0].Outcome != rundir.Failed {
		t.Errorf("provenance %+v, %v", p, err)
	}
}

// A run whose folder is removed ends with an error at the next log line, and does not make the folder again.
func TestFolderThatVanishes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	gone := cancelAt{"train 2", func() { os.RemoveAll(dir) }}
	err := Run(context.Background(), tinyrun.Config(t), Options{Dir: dir, Out: gone})
	if err == nil || !strings.Contains(err.Error(), "was removed") {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is there again: %v", err)
	}
}

// If metrics of a training are there and no checkpoint, resuming is an error that leaves the metrics as they are, and
// says how to start again. A run that was killed before its first metrics starts again.
func TestResumeWithoutCheckpoint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := Run(context.Background(), tinyrun.Config(t), Options{Dir: dir, Until: 3, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, rundir.MetricsFile)
	before, err := os.ReadFile(path)
	if err != nil || len(before) == 0 {
		t.Fatal(before, err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "checkpoints")); err != nil {
		t.Fatal(err)
	}
	err = Run(context.Background(), tinyrun.Config(t), Options{Dir: dir, Resume: true, Out: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "To start again from step 0, remove "+path) {
		t.Errorf("error is %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("metrics.jsonl has changed: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	train(t, tinyrun.Config(t), dir, true)
	if done, err := os.ReadFile(filepath.Join(dir, "DONE")); err != nil || len(done) == 0 {
		t.Errorf("%q, %v", done, err)
	}
}

// Every number of state.json is checked before training continues from it.
func TestStateOutOfRangeIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := Run(context.Background(), tinyrun.Config(t), Options{Dir: dir, Until: 3, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	latest, err := rundir.LatestCheckpoint(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := rundir.StatePath(latest)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int, 20) // every image of the data set
	for i := range all {
		all[i] = i
	}
	for what, c := range map[string]struct {
		key   string
		value any
		want  string
	}{
		"phase":         {"phase", "tarin", `phase is "tarin"`},
		"no phase":      {"phase", "", "phase is"},
		"step":          {"step", -1, "step is -1"},
		"far step":      {"step", int64(math.MaxInt64), "step is"},
		"updates":       {"updates", -1, "updates is -1"},
		"d_steps":       {"d_steps", -5, "d_steps is -5"},
		"held":          {"history_held", -1, "history_held is -1"},
		"too many held": {"history_held", 25, "tensor history.0: it is"}, // the checkpoint has 20
		"random":        {"history_random", []byte{1}, "history_random"},
		"window":        {"window", map[string]any{"l_reg": map[string]any{"sum": 1, "count": -1}}, "window"},
		"metrics":       {"metrics_bytes", -1, "metrics_bytes is -1"},
		"guards":        {"guards", map[string]int{"collapse": -1}, "guards"},
		"position":      {"synthetic", map[string]any{"next": -1}, "position -1"},
		"far position":  {"real", map[string]any{"next": int64(math.MaxInt64)}, "position"},
		"skipped":       {"real", map[string]any{"skipped": []int{-3}}, "skipped image -3"},
		"all skipped":   {"synthetic", map[string]any{"skipped": all}, "all 20 images"},
		"no hashes":     {"sha256", map[string]string{}, "has no hash of"},
		"foreign file":  {"sha256", map[string]string{"../../config.yaml": "x"}, "has no hash of"},
		"not an object": {"", nil, "state.json"},
	} {
		fields := map[string]any{}
		if err := json.Unmarshal(whole, &fields); err != nil {
			t.Fatal(err)
		}
		fields[c.key] = c.value
		text, err := json.Marshal(fields)
		if c.key == "" {
			text = []byte("[1]")
		}
		if err := errors.Join(err, os.WriteFile(path, text, 0o644)); err != nil {
			t.Fatal(err)
		}
		err = Run(context.Background(), tinyrun.Config(t), Options{Dir: dir, Resume: true, Out: io.Discard})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The noise of a GPU's checkpoint cannot continue on a CPU: it begins again, with a warning.
func TestNoiseOfAnotherDevice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := Run(context.Background(), tinyrun.Config(t), Options{Dir: dir, Until: 3, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	latest, err := rundir.LatestCheckpoint(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := rundir.StatePath(latest)
	fields := map[string]any{}
	text, err := os.ReadFile(path)
	if err := errors.Join(err, json.Unmarshal(text, &fields)); err != nil {
		t.Fatal(err)
	}
	fields["noise"] = make([]byte, 16) // as CUDA's generator has it
	text, err = json.Marshal(fields)
	if err := errors.Join(err, os.WriteFile(path, text, 0o644)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = Run(context.Background(), tinyrun.Config(t), Options{Dir: dir, Resume: true, Out: &out})
	if err != nil || !strings.Contains(out.String(), "warning: the checkpoint's noise is of another kind of device") {
		t.Errorf("%v: %s", err, out.String())
	}
}
