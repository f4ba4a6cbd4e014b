package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/exit"
	"simgan/internal/jsonfile"
	"simgan/trainer/rundir"
)

// chooseRun makes a run folder with checkpoints of steps 1 to 3 and test images simulated:eyes,seed=3.
func chooseRun(t *testing.T) string {
	t.Helper()
	f, err := rundir.Open(filepath.Join(t.TempDir(), "run"), false, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	text := "data: {synthetic: 'simulated:eyes', real: 'simulated:eyes,domain=real', test: 'simulated:eyes,seed=3'}\n"
	if err := f.Start([]byte(text), 0, 0); err != nil {
		t.Fatal(err)
	}
	for step := 1; step < 4; step++ {
		if err := f.WriteCheckpoint(step, 0, struct{}{}, func(string) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Finish(1); err != nil {
		t.Fatal(err)
	}
	return f.Dir
}

// The checkpoint with the least error, or the highest accuracy, is chosen; of equal ones the newest. Test images of the
// run, and options that have no part in it, are refused.
func TestChoose(t *testing.T) {
	run := chooseRun(t)
	for name, c := range map[string]struct {
		figures map[string][]float64 // per checkpoint and estimator
		higher  bool
		want    int
	}{
		"errors":     {map[string][]float64{"1": {5, 7}, "2": {4, 6}, "3": {9, 3}}, false, 2},
		"accuracies": {map[string][]float64{"1": {0.5}, "2": {0.7}, "3": {0.6}}, true, 2},
		"equal":      {map[string][]float64{"1": {5}, "2": {4}, "3": {4}}, false, 3},
		"the first":  {map[string][]float64{"1": {3}, "2": {4}, "3": {5}}, false, 1},
	} {
		o := Options{Runs: []string{run}, Checkpoint: rundir.LatestName, Test: "simulated:eyes,seed=4"}
		choice, err := Choose(t.Context(), o, func(_ context.Context, o Options) (any, error) {
			if o.Only != rowRefined || o.Test != "simulated:eyes,seed=4" {
				t.Errorf("evaluated on %s, row %q", o.Test, o.Only)
			}
			return Result[Figures]{
				Task: "gaze", Metric: "mean_degrees", HigherIsBetter: c.higher,
				Refined: &Figures{PerSeed: c.figures[o.Checkpoint]},
			}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if choice.Step != c.want || len(choice.Checkpoints) != 3 || choice.Task != "gaze" ||
			choice.HigherIsBetter != c.higher {
			t.Errorf("%s: %+v", name, choice)
		}
		if name == "errors" && choice.Checkpoints[2].Mean != 6 {
			t.Errorf("figures %+v", choice.Checkpoints)
		}
		if err := jsonfile.Write(filepath.Join(run, rundir.BestFile), choice); err != nil {
			t.Fatal(err)
		}
		best, err := rundir.FindCheckpoint(run, rundir.BestName)
		if want := fmt.Sprintf("step-%07d", c.want); err != nil || filepath.Base(best) != want {
			t.Errorf("%s: the best is %s, %v; want %s", name, best, err, want)
		}
	}
	for want, o := range map[string]Options{
		"run's data.test":       {Runs: []string{run}, Test: "simulated:eyes,n=5,seed=3"},
		"needs --test SPEC":     {Runs: []string{run}},
		"takes no --only":       {Runs: []string{run}, Test: "simulated:eyes,seed=4", Only: rowReal},
		"is of one run":         {Runs: []string{run, run}, Test: "simulated:eyes,seed=4"},
		"checkpoint 1: refused": {Runs: []string{run}, Test: "simulated:eyes,seed=4"},
	} {
		_, err := Choose(t.Context(), o, func(context.Context, Options) (any, error) { return nil, exit.Usagef("refused") })
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := os.Remove(filepath.Join(run, rundir.DoneFile)); err != nil {
		t.Fatal(err)
	}
	_, err := Choose(t.Context(), Options{Runs: []string{run}, Test: "simulated:eyes,seed=4"}, nil)
	if err == nil || !strings.Contains(err.Error(), "is not finished") {
		t.Errorf("a run that goes on: %v", err)
	}
}
