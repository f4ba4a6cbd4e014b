package trainer

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/internal/exit"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
	"simgan/trainer/rundir"
)

// The page is written while the run trains and at its end. Neither a page nor one that fails changes the bytes that are
// trained. provenance.json has both processes of a run that was stopped and resumed.
func TestPageAndProvenance(t *testing.T) {
	base := t.TempDir()
	plain, paged := filepath.Join(base, "plain"), filepath.Join(base, "paged")
	c := tinyrun.Config(t)
	train(t, c, plain, false)

	var outcomes []rundir.Outcome // at each page, of the newest process
	page := func(dir string) error {
		p, err := rundir.ReadProvenance(dir)
		if err != nil || dir != paged {
			t.Errorf("a page of %s: %v", dir, err)
		}
		outcomes = append(outcomes, p.Processes[len(p.Processes)-1].Outcome)
		return errors.New("no page today")
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	var shown bytes.Buffer
	o := Options{Dir: paged, Page: page, Process: rundir.Process{Version: "1.2.3", Command: []string{"simgan", "train"}}}
	o.Out = cancelAt{"train 2", func() { cancel(exit.ErrStopped) }}
	if err := Run(ctx, c, o); !errors.Is(err, exit.ErrStopped) {
		t.Fatalf("a stopped run returned %v", err)
	}
	o.Out, o.Resume = &shown, true
	if err := Run(context.Background(), c, o); err != nil {
		t.Fatal(err)
	}
	if first := slices.Index(outcomes, rundir.Stopped); first < 1 || outcomes[0] != "" ||
		outcomes[len(outcomes)-1] != rundir.Finished {
		t.Errorf("pages were written at %q", outcomes)
	}
	if !strings.Contains(shown.String(), "warning: the run's page: no page today") {
		t.Error("a page that fails is not reported")
	}
	want := weights(t, plain)
	for name, content := range weights(t, paged) {
		if !bytes.Equal(content, want[name]) {
			t.Errorf("%s.safetensors differs", name)
		}
	}
	checkMetricNames(t, paged)
	p, err := rundir.ReadProvenance(paged)
	if err != nil || len(p.Processes) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	stopped, finished := p.Processes[0], p.Processes[1]
	if stopped.Outcome != rundir.Stopped || stopped.Step != 2 || stopped.Phase != string(config.PhaseTrain) ||
		finished.Outcome != rundir.Finished || finished.Step != 6 {
		t.Errorf("the processes are %+v", p.Processes)
	}
	if finished.Version != "1.2.3" || !strings.HasPrefix(finished.Libtorch, "2.") || finished.Device == "" || finished.PID == 0 {
		t.Errorf("the last process is %+v", finished)
	}
}

// checkMetricNames wants rundir.MetricNames, which sweeps know, to hold every number that the run logged.
func checkMetricNames(t *testing.T, dir string) {
	t.Helper()
	names := map[string]bool{rundir.RealismDistance: true, rundir.SyntheticDistance: true}
	for _, r := range metricsOf(t, dir) {
		for name := range r {
			_, isNumber := r.Number(name)
			names[name] = names[name] || isNumber && name != "step"
		}
	}
	for name, isMetric := range names {
		if isMetric && !slices.Contains(rundir.MetricNames, name) {
			t.Errorf("%s is not in rundir.MetricNames", name)
		}
	}
}
