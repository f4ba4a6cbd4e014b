package rundir

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/trainer/config"
)

// open starts a new run folder of the name in a folder of its own.
func open(t *testing.T, name string) *Folder {
	t.Helper()
	f, err := Open(filepath.Join(t.TempDir(), name), false, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	if err := f.Start([]byte("seed: 1\n"), 0, 0); err != nil {
		t.Fatal(err)
	}
	return f
}

// What AppendMetrics writes, ReadMetrics reads. A NaN, which JSON lacks, is there as text and is no number.
func TestMetricsAreReadBack(t *testing.T) {
	f := open(t, "run")
	r := NewRecord(config.PhaseTrain, 20)
	r["l_reg"], r["L_R"] = 0.25, "NaN"
	if err := f.AppendMetrics(r, 20, map[string]float64{"train/l_reg": 0.25}); err != nil {
		t.Fatal(err)
	}
	records, cut, err := ReadMetrics(filepath.Join(f.Dir, MetricsFile))
	if err != nil || cut != 0 || len(records) != 1 {
		t.Fatalf("%v, cut %d, %v", records, cut, err)
	}
	got := records[0]
	if v, ok := got.Number("l_reg"); !ok || v != 0.25 || got.Step() != 20 || !got.In(config.PhaseTrain) ||
		got.In(config.PhaseRefiner) {
		t.Errorf("read back as %v", got)
	}
	if v, ok := got.Number("L_R"); ok {
		t.Errorf("a loss that was NaN is read as %g", v)
	}
}

// A last line that a kill cut short is left out. A broken line before it is an error that names it.
func TestReadMetricsOfAKilledRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), MetricsFile)
	for text, want := range map[string]struct {
		records, cut int
		problem      string
	}{
		"{\"step\":1}\n{\"step\":2}\n": {2, 0, ""},
		"{\"step\":1}\n{\"st":          {1, 2, ""},
		"{\"st\n{\"step\":2}\n":        {0, 0, "line 1 is no JSON object"},
		"":                             {0, 0, ""},
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		records, cut, err := ReadMetrics(path)
		if len(records) != want.records || cut != want.cut || (err == nil) != (want.problem == "") {
			t.Errorf("%q: %v, cut %d, %v", text, records, cut, err)
		}
		if err != nil && !strings.Contains(err.Error(), want.problem) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A checkpoint keeps the state's numbers to the last bit, and a run's path is no pattern: with brackets in it, neither
// the run's own checkpoints are overlooked nor a neighbour's removed.
func TestCheckpoints(t *testing.T) {
	type state struct {
		Steps int64   `json:"steps"`
		Sum   float32 `json:"sum"`
	}
	want := state{math.MaxInt64, 0.1}
	f := open(t, "p[12]")
	neighbour := filepath.Join(filepath.Dir(f.Dir), "p1", checkpointsFolder, stepName(1))
	if err := os.MkdirAll(neighbour, 0o755); err != nil {
		t.Fatal(err)
	}
	for step := range 4 {
		err := f.WriteCheckpoint(step, 2, want, func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "weights"), []byte{1, 2, 3}, 0o644)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	latest, err := LatestCheckpoint(f.Dir)
	if err != nil || filepath.Base(latest) != stepName(3) {
		t.Fatalf("the newest checkpoint is %q, %v", latest, err)
	}
	if kept, err := checkpoints(f.Dir); err != nil || len(kept) != 2 {
		t.Errorf("kept %v, %v", kept, err)
	}
	if _, err := os.Stat(neighbour); err != nil {
		t.Errorf("a neighbour's checkpoint is gone: %v", err)
	}
	var got state
	if err := ReadState(latest, &got); err != nil || got != want {
		t.Errorf("read back as %+v, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(latest, "weights"), []byte{1, 2, 4}, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := ReadState(latest, &got); err == nil || !strings.Contains(err.Error(), "weights") {
		t.Errorf("changed weights pass: %v", err)
	}
}

// If writing fails, nothing of the checkpoint stays, and the one before it does.
func TestFailedCheckpointLeavesNothing(t *testing.T) {
	f := open(t, "run")
	fill := func(string) error { return nil }
	full := errors.New("disk full")
	if err := f.WriteCheckpoint(1, 0, struct{}{}, fill); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteCheckpoint(2, 0, struct{}{}, func(string) error { return full }); !errors.Is(err, full) {
		t.Errorf("error is %v", err)
	}
	entries, err := os.ReadDir(filepath.Join(f.Dir, checkpointsFolder))
	if err != nil || len(entries) != 1 || entries[0].Name() != stepName(1) {
		t.Errorf("left %v, %v", entries, err)
	}
}

// Temporary files of a killed process go with the next resume; files of the user's stay.
func TestTemporaryFilesAreRemoved(t *testing.T) {
	f := open(t, "run")
	stale := []string{".config.yaml123", ".DONE4", filepath.Join(samplesFolder, ".step-0000003.png99")}
	kept := []string{".notes7", "figure.png", filepath.Join(samplesFolder, "step-0000003.png")}
	for _, name := range append(stale, kept...) {
		if err := os.WriteFile(filepath.Join(f.Dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.RemoveLeftovers(); err != nil {
		t.Fatal(err)
	}
	for _, name := range stale {
		if _, err := os.Stat(filepath.Join(f.Dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	for _, name := range kept {
		if _, err := os.Stat(filepath.Join(f.Dir, name)); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
}

// Step names sort as steps do, and other files are no grids.
func TestSampleGrids(t *testing.T) {
	f := open(t, "run[a]")
	var want []string
	for _, name := range []string{stepName(5), stepName(40), stepName(300)} {
		want = append(want, filepath.Join(f.Dir, samplesFolder, name+".png"))
	}
	for _, path := range append(want, filepath.Join(f.Dir, samplesFolder, "notes.txt")) {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := SampleGrids(f.Dir); err != nil || !slices.Equal(got, want) {
		t.Errorf("grids are %v, %v", got, err)
	}
}
