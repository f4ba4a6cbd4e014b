package trainer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data/picture"
	"simgan/internal/exit"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
	"simgan/trainer/rundir"
)

func train(t *testing.T, c config.Config, dir string, resume bool) {
	t.Helper()
	if err := Run(context.Background(), c, Options{Dir: dir, Resume: resume, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
}

func weights(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{"refiner", "refiner_ema", "discriminator", "state"} {
		content, err := os.ReadFile(filepath.Join(dir, "checkpoints", "step-0000006", name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = content
	}
	return files
}

// metricsOf reads a run's metrics, all of them whole.
func metricsOf(t *testing.T, dir string) []rundir.Record {
	t.Helper()
	records, cut, err := rundir.ReadMetrics(filepath.Join(dir, rundir.MetricsFile))
	if err != nil || cut != 0 || len(records) == 0 {
		t.Fatalf("%d records, line %d is cut short, %v", len(records), cut, err)
	}
	return records
}

func TestRunFillsItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	live := cgo.Live()
	train(t, tinyrun.Config(t), dir, false)
	if left := cgo.Live() - live; left != 0 {
		t.Errorf("%d tensors are still live", left)
	}
	for _, name := range []string{"config.yaml", "log.txt", "metrics.jsonl", "samples/step-0000000.png", "samples/step-0000006.png", "checkpoints/step-0000006/state.json", "DONE"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	records := metricsOf(t, dir)
	first, last := records[0], records[len(records)-1]
	if _, adversary := first["l_real"]; adversary || !first.In(config.PhaseRefiner) {
		t.Errorf("R's pretraining is on more than l_reg: %v", first)
	}
	for _, key := range []string{"step", "phase", "L_R", "L_D", "l_real", "l_reg", "images_per_second", "loader_wait_share"} {
		if _, ok := last[key]; !ok {
			t.Errorf("metrics.jsonl has no %s: %v", key, last)
		}
	}
	if _, err := config.Load("", filepath.Join(dir, "config.yaml"), nil); err != nil {
		t.Errorf("config.yaml does not load again: %v", err)
	}
	if err := Run(context.Background(), tinyrun.Config(t), Options{Dir: dir, Out: io.Discard}); err == nil {
		t.Error("a folder that holds a run was trained into without resuming")
	}
}

// A run cut at any of its checkpoints, or before the first, ends in the same bytes as one that was never stopped. So does
// one in bfloat16, by AMX if the processor has it.
func TestResumeIsExact(t *testing.T) {
	base := t.TempDir()
	whole := filepath.Join(base, "whole")
	train(t, tinyrun.Config(t), whole, false)
	for _, cut := range []string{"step-0000000", "step-0000002", "step-0000004"} {
		cutAndResume(t, whole, filepath.Join(base, cut), cut)
	}
}

func TestResumeIsExactInBFloat16(t *testing.T) {
	const bfloat, threads = "train.precision=bfloat16", "threads=2"
	base := t.TempDir()
	whole := filepath.Join(base, "whole")
	train(t, tinyrun.Config(t, bfloat, threads), whole, false)
	cutAndResume(t, whole, filepath.Join(base, "cut"), "step-0000002", bfloat, threads)
}

// cutAndResume copies the whole run to dir as a kill after the checkpoint would have left it, resumes it there, and
// compares the last checkpoints.
func cutAndResume(t *testing.T, whole, dir, checkpoint string, settings ...string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(dir, "DONE"))
	checkpoints, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checkpoints {
		if filepath.Base(c) > checkpoint {
			os.RemoveAll(c)
		}
	}
	train(t, tinyrun.Config(t, settings...), dir, true)
	want := weights(t, whole)
	for name, content := range weights(t, dir) {
		if !bytes.Equal(content, want[name]) {
			t.Errorf("resumed at %s, %v: %s.safetensors differs", checkpoint, settings, name)
		}
	}
}

func TestStopSavesAndResumes(t *testing.T) {
	base := t.TempDir()
	whole, cut := filepath.Join(base, "whole"), filepath.Join(base, "cut")
	train(t, tinyrun.Config(t), whole, false)
	ctx, cancel := context.WithCancelCause(context.Background())
	err := Run(ctx, tinyrun.Config(t), Options{Dir: cut, Out: cancelAt{"train 2", func() { cancel(exit.ErrStopped) }}})
	if !errors.Is(err, exit.ErrStopped) {
		t.Fatalf("stopped run returned %v", err)
	}
	if _, err := os.Stat(filepath.Join(cut, "DONE")); err == nil {
		t.Fatal("a stopped run is DONE")
	}
	train(t, tinyrun.Config(t), cut, true)
	want := weights(t, whole)
	for name, content := range weights(t, cut) {
		if !bytes.Equal(content, want[name]) {
			t.Errorf("%s.safetensors differs after a stop", name)
		}
	}
}

// A run that pauses at a step continues to the same bytes. A step beyond the last is no pause.
func TestUntilPausesAndResumes(t *testing.T) {
	base := t.TempDir()
	whole, cut := filepath.Join(base, "whole"), filepath.Join(base, "cut")
	for dir, until := range map[string]int{whole: 7, cut: 3} {
		if err := Run(context.Background(), tinyrun.Config(t), Options{Dir: dir, Until: until, Out: io.Discard}); err != nil {
			t.Fatal(err)
		}
	}
	if latest, err := rundir.LatestCheckpoint(cut); filepath.Base(latest) != "step-0000003" {
		t.Fatalf("paused with %s, %v", latest, err)
	}
	if _, err := os.Stat(filepath.Join(cut, "DONE")); err == nil {
		t.Fatal("a paused run is DONE")
	}
	train(t, tinyrun.Config(t), cut, true)
	want := weights(t, whole)
	for name, content := range weights(t, cut) {
		if !bytes.Equal(content, want[name]) {
			t.Errorf("%s.safetensors differs after a pause", name)
		}
	}
}

// What a kill left of a checkpoint being written or replaced neither counts towards log.keep nor stays.
func TestLeftoversOfAKillAreNoCheckpoints(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := Run(context.Background(), tinyrun.Config(t, "eval.every=0"), Options{Dir: dir, Until: 3, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"step-0000009.partial", "step-0000003.old"} {
		if err := os.Mkdir(filepath.Join(dir, "checkpoints", left), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	train(t, tinyrun.Config(t, "log.keep=1", "eval.every=0"), dir, true)
	if left, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*")); err != nil || len(left) != 1 ||
		filepath.Base(left[0]) != "step-0000006" {
		t.Errorf("checkpoints are %v, %v", left, err)
	}
}

// A finished run has nothing to resume, unless it is to make more steps.
func TestResumeOfAFinishedRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	train(t, tinyrun.Config(t), dir, false)
	before := weights(t, dir)
	train(t, tinyrun.Config(t), dir, true)
	if !bytes.Equal(weights(t, dir)["refiner"], before["refiner"]) {
		t.Error("a finished run went on")
	}
	train(t, tinyrun.Config(t, "train.steps=8"), dir, true)
	if latest, err := rundir.LatestCheckpoint(dir); filepath.Base(latest) != "step-0000008" || err != nil {
		t.Errorf("asked for 8 steps it ended with %s, %v", latest, err)
	}
}

// Bad files are gone past wherever they are, the sample grid's among them, and more than skip_bad are an error.
func TestSkipBadReachesEveryPlace(t *testing.T) {
	photos := t.TempDir()
	for i := range 20 {
		if err := picture.EncodePNG(filepath.Join(photos, fmt.Sprintf("%02d.png", i)), picture.NewImage(1, 35, 55, 8)); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{"00.png", "10.png", "11.png"} {
		if err := os.Truncate(filepath.Join(photos, bad), 50); err != nil {
			t.Fatal(err)
		}
	}
	for skip, ok := range map[string]bool{"0": false, "2": false, "3": true} {
		dir := filepath.Join(t.TempDir(), "run")
		c := tinyrun.Config(t, "data.real=folder:"+photos, "data.skip_bad="+skip, "guard.patience=0")
		if err := Run(context.Background(), c, Options{Dir: dir, Out: io.Discard}); (err == nil) != ok {
			t.Errorf("skip_bad %s: %v", skip, err)
		}
	}
}

// cancelAt calls back when a line with the prefix is written.
type cancelAt struct {
	prefix string
	call   func()
}

func (c cancelAt) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), c.prefix) {
		c.call()
	}
	return len(p), nil
}

func TestCutCheckpointIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	train(t, tinyrun.Config(t), dir, false)
	os.Remove(filepath.Join(dir, "DONE"))
	path := filepath.Join(dir, "checkpoints", "step-0000006", "refiner.safetensors")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content[:len(content)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	err = Run(context.Background(), tinyrun.Config(t), Options{Dir: dir, Resume: true, Out: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "refiner.safetensors") || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("error is %v", err)
	}
}

func TestFolderInUseIsRefused(t *testing.T) {
	dir := t.TempDir()
	first, err := rundir.Open(dir, false, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := rundir.Open(dir, false, io.Discard); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("error is %v", err)
	}
}

// halfAnImage is a folder with a PNG that ends in the middle.
func halfAnImage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"0.png", "1.png"} {
		if err := picture.EncodePNG(filepath.Join(dir, name), picture.NewImage(1, 35, 55, 8)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(filepath.Join(dir, "1.png"), 50); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRunThatCannotBeginLeavesNothing(t *testing.T) {
	for name, settings := range map[string][]string{
		"no data":  {"data.real=folder:/nowhere"},
		"no image": {"data.real=folder:" + t.TempDir()},
		"bad file": {"data.real=folder:" + halfAnImage(t)},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		if err := Run(context.Background(), tinyrun.Config(t, settings...), Options{Dir: dir, Out: io.Discard}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s: the run folder is there: %v", name, err)
		}
	}
}
