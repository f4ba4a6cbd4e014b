package trainer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"simgan/cgo"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// distances returns the steps and values of realism_distance in a run's metrics.
func distances(t *testing.T, dir string) string {
	t.Helper()
	text := ""
	for _, r := range metricsOf(t, dir) {
		d, measured := r.Number(rundir.RealismDistance)
		if _, synthetic := r.Number(rundir.SyntheticDistance); synthetic != measured {
			t.Errorf("step %v: the synthetic images' distance: %t", r.Step(), synthetic)
		}
		if measured {
			text += fmt.Sprintf("%v:%v ", r.Step(), d)
		}
		if measured && !r.In(config.PhaseTrain) {
			t.Errorf("measured in pretraining: %v", r)
		}
	}
	return text
}

// Measuring changes no byte of the training. A run that is stopped between two measurements measures the same as one
// that was not, and so do two runs of one seed.
func TestMeasuringChangesNothing(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	settings := []string{"log.every=1", "eval.every=2", "log.checkpoint_every=3"}
	live := cgo.Live()
	train(t, tinyrun.Config(t, settings...), path("measured"), false)
	if left := cgo.Live() - live; left != 0 {
		t.Errorf("%d tensors are still live", left)
	}
	train(t, tinyrun.Config(t, append(settings, "eval.every=0")...), path("off"), false)
	c := tinyrun.Config(t, settings...)
	if err := Run(context.Background(), c, Options{Dir: path("cut"), Until: 3, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	train(t, c, path("cut"), true)
	want := weights(t, path("off"))
	for _, run := range []string{"measured", "cut"} {
		for name, content := range weights(t, path(run)) {
			if !bytes.Equal(content, want[name]) {
				t.Errorf("%s: %s.safetensors differs from a run that does not measure", run, name)
			}
		}
	}
	for _, name := range []string{rundir.LogFile, "events.out.tfevents.*"} {
		for run, shown := range map[string]bool{"measured": true, "off": false} {
			found, err := filepath.Glob(filepath.Join(path(run), name))
			if err != nil || len(found) != 1 {
				t.Fatalf("%s: %v, %v", name, found, err)
			}
			text, err := os.ReadFile(found[0])
			// The config that both hold has no such key.
			if err != nil || bytes.Contains(text, []byte(rundir.RealismDistance)) != shown {
				t.Errorf("%s of the run %s holds the distance: want %t; %v", name, run, shown, err)
			}
		}
	}
	got := distances(t, path("measured"))
	if got == "" || got != distances(t, path("cut")) {
		t.Errorf("measured %q, after a stop %q", got, distances(t, path("cut")))
	}
	if off := distances(t, path("off")); off != "" {
		t.Errorf("eval.every=0 measured %s", off)
	}
}

// Log windows measure at the first of their ends at or after each multiple of eval.every, and at the last step; every
// checkpoint of Algorithm 1 has its measurement.
func TestWhenARunMeasures(t *testing.T) {
	r := &run{realism: &realism{}, model: &simgan.Model{Phase: config.PhaseTrain}}
	for _, c := range []struct {
		log, eval int
		want      string
	}{
		{20, 50, "60 100 150"}, {20, 20, "20 40 60 80 100 120 140 150"}, {0, 50, "150"}, {20, 1000, "150"}, {100, 20, "100 150"},
	} {
		r.config.Log.Every, r.config.Eval.Every, r.config.Train.Steps = c.log, c.eval, 150
		got := ""
		for step := 1; step <= 150; step++ {
			if isDue(step, c.log, step == 150) && r.measures(step) {
				got += fmt.Sprint(step, " ")
			}
		}
		if got != c.want+" " {
			t.Errorf("log.every=%d, eval.every=%d: %s, want %s", c.log, c.eval, got, c.want)
		}
	}
	dir := filepath.Join(t.TempDir(), "run")
	train(t, tinyrun.Config(t, "eval.every=4", "log.checkpoint_every=3"), dir, false)
	list, err := rundir.Checkpoints(dir)
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for _, c := range list {
		if (c.Realism != nil) != (c.Step > 0) {
			t.Errorf("step %d: %+v", c.Step, c.Realism)
		}
	}
	records := metricsOf(t, dir)
	last, _ := records[len(records)-1].Number(rundir.RealismDistance)
	if m := list[2].Realism; m == nil || m.Distance != last || !(m.Synthetic > 0 && m.Synthetic < 1) {
		t.Errorf("the last checkpoint has %+v, the last record %v", m, last)
	}
	l, err := LoadCheckpoint(dir, "3", cgo.CPU)
	if err != nil || l.Checkpoint != "step-0000003" {
		t.Fatal(l.Checkpoint, err)
	}
	l.Refiner.Close()
}
