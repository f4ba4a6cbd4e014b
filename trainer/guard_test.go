package trainer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// healthy are the averages of the 100th iteration of `make demo`, which closed 72 % of the gap.
var healthy = map[string]float64{
	simgan.RefinedChange: 0.31, simgan.DomainDistance: 0.65, simgan.RefinedVariance: 0.3, simgan.SyntheticVariance: 0.27, simgan.RealVariance: 0.34,
	"d_refined_right": 0.39, "d_real_right": 0.76,
}

func sick(changes map[string]float64) map[string]float64 {
	m := map[string]float64{}
	for name, v := range healthy {
		m[name] = v
	}
	for name, v := range changes {
		m[name] = v
	}
	return m
}

func judging(out io.Writer) *run {
	c := config.Default()
	c.Guard.WarnAfter, c.Guard.Patience = 2, 5
	m := &simgan.Model{Phase: config.PhaseTrain}
	return &run{config: c, model: m, guards: map[string]int{}, folder: &rundir.Folder{Out: out}}
}

func TestGuardsSeeFailuresOnly(t *testing.T) {
	for name, c := range map[string]struct {
		averages map[string]float64
		want     string
	}{
		"healthy":                 {healthy, ""},
		"collapse":                {sick(map[string]float64{simgan.RefinedVariance: 0.004}), "R has collapsed"},
		"renders are all alike":   {sick(map[string]float64{simgan.RefinedVariance: 0.004, simgan.SyntheticVariance: 0.004}), ""},
		"unchanged":               {sick(map[string]float64{simgan.RefinedChange: 0.01, "d_refined_right": 0.95, "d_real_right": 0.95}), "refined images are the input"},
		"unchanged, D is fooled":  {sick(map[string]float64{simgan.RefinedChange: 0.01}), ""},
		"D wins":                  {sick(map[string]float64{"d_refined_right": 0.999, "d_real_right": 0.998}), "D wins outright"},
		"D says refined always":   {sick(map[string]float64{"d_refined_right": 1, "d_real_right": 0.1}), ""},
		"batch of one: variances": {sick(map[string]float64{simgan.RefinedVariance: 0, simgan.SyntheticVariance: 0, simgan.RealVariance: 0}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			r := judging(&out)
			var err error
			for range 5 {
				if err != nil {
					t.Fatalf("stopped before its patience: %v", err)
				}
				err = r.judge(c.averages)
			}
			if c.want == "" {
				if err != nil || out.Len() > 0 {
					t.Errorf("a false alarm: %v %s", err, out.String())
				}
				return
			}
			if !errors.Is(err, exit.ErrGuard) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v does not say %q", err, c.want)
			}
			if n := strings.Count(out.String(), "warning: "+c.want); n != 2 { // after 2 and 4 windows
				t.Errorf("warned %d times: %s", n, out.String())
			}
			if len(r.guards) > 0 {
				t.Errorf("a resumed run has no patience left: %v", r.guards)
			}
		})
	}
}

func TestGuardsWantFailuresInARow(t *testing.T) {
	var out bytes.Buffer
	r := judging(&out)
	wins := sick(map[string]float64{"d_refined_right": 1, "d_real_right": 1})
	for _, averages := range []map[string]float64{wins, healthy, wins, healthy, wins} {
		if err := r.judge(averages); err != nil {
			t.Fatal(err)
		}
	}
	if out.Len() > 0 {
		t.Errorf("warned: %s", out.String())
	}
	r.config.Guard.Patience = 0
	for range 50 {
		if err := r.judge(wins); err != nil {
			t.Fatalf("stopped with guard.patience=0: %v", err)
		}
	}
	r.model.Phase, r.config.Guard.Patience = config.PhaseDiscriminator, 1
	if err := r.judge(wins); err != nil {
		t.Errorf("D's pretraining was judged: %v", err)
	}
}

// losses returns the lines of metrics.jsonl without what depends on the clock.
func losses(t *testing.T, dir string) (lines []string) {
	t.Helper()
	for _, r := range metricsOf(t, dir) {
		for _, clock := range []string{"time", "images_per_second", "loader_wait_share"} {
			delete(r, clock)
		}
		plain, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(plain))
	}
	return lines
}

// A guard that trips saves and ends the run; a run cut inside a log window continues to the same trip, metrics and
// bytes.
func TestGuardTripsAndResumesExactly(t *testing.T) {
	base := t.TempDir()
	whole, cut := filepath.Join(base, "whole"), filepath.Join(base, "cut")
	c := tinyrun.Config(t, "guard.d_wins=0.0001", "guard.patience=2", "log.every=3", "log.samples_every=0")
	run := func(dir string, resume bool) {
		err := Run(context.Background(), c, Options{Dir: dir, Resume: resume, Out: io.Discard})
		if !errors.Is(err, exit.ErrGuard) || errors.Is(err, simgan.ErrNotFinite) ||
			!strings.Contains(err.Error(), "train step 6") {
			t.Fatalf("the run returned %v", err)
		}
	}
	run(whole, false)
	if _, err := os.Stat(filepath.Join(whole, "DONE")); err == nil {
		t.Error("a run that a guard stopped is DONE")
	}
	if err := os.CopyFS(cut, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	for _, later := range []string{"step-0000004", "step-0000006"} { // a kill at step 2 or 3, before and after the end of a window
		if err := os.RemoveAll(filepath.Join(cut, "checkpoints", later)); err != nil {
			t.Fatal(err)
		}
	}
	run(cut, true)
	want := weights(t, whole)
	for name, content := range weights(t, cut) {
		if !bytes.Equal(content, want[name]) {
			t.Errorf("%s.safetensors differs", name)
		}
	}
	if got, want := losses(t, cut), losses(t, whole); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("metrics differ:\n%v\n%v", got, want)
	}
}

// A run that diverges between two log windows, at a checkpoint, writes none and keeps the last good one as it was.
func TestDivergedRunKeepsItsGoodCheckpoint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancelCause(context.Background())
	c := tinyrun.Config(t, "train.optimizer=sgd", "train.lr_refiner=1e-4")
	if err := Run(ctx, c, Options{Dir: dir, Out: cancelAt{"train 2", func() { cancel(exit.ErrStopped) }}}); !errors.Is(
		err,
		exit.ErrStopped,
	) {
		t.Fatalf("stopped run returned %v", err)
	}
	good := filepath.Join(dir, "checkpoints", "step-0000002")
	before, err := os.ReadFile(filepath.Join(good, "refiner.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	c.Train.LRRefiner, c.Log.Every, c.Log.CheckpointEvery = 1e30, 100, 1
	var out bytes.Buffer
	err = Run(context.Background(), c, Options{Dir: dir, Resume: true, Out: &out})
	if !errors.Is(err, simgan.ErrNotFinite) || !errors.Is(err, exit.ErrGuard) {
		t.Fatalf("diverged run returned %v", err)
	}
	if !strings.Contains(out.String(), "last good checkpoint is "+filepath.Join(dir, "checkpoints")) {
		t.Errorf("the log does not name the good checkpoint: %s", out.String())
	}
	latest, err := rundir.LatestCheckpoint(dir)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(filepath.Join(good, "refiner.safetensors")); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the good checkpoint changed: %v", err)
	}
	tr, err := models.NewRefiner(c.Refiner, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if err := models.Load(filepath.Join(latest, "refiner.safetensors"), tr.Params()); err != nil {
		t.Fatal(err)
	}
	for _, p := range tr.Params() {
		values, err := cgo.Read(p.Tensor)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if v-v != 0 {
				t.Fatalf("%s of %s is not finite", p.Name, latest)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*.partial")); err != nil || len(left) > 0 {
		t.Errorf("half a checkpoint is left: %v %v", left, err)
	}
}
