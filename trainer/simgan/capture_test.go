package simgan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
)

// fakes record steps where there is no GPU. Recording makes the step, and the graph's first launch finds it made; every
// other makes it anew. As on a GPU, no launch tells the meter that it has something to count.
type fakes struct {
	meter              *meter
	graphs             []*fakeGraph
	recordErr          error // of all recordings from the failAt-th on, 0 the first
	launchErr          error // of all launches
	failAt             int
	recordings, closed int
}

type fakeGraph struct {
	of       *fakes
	step     func() error
	launches int
}

func (f *fakes) record(step func() error) (graph, error) {
	f.recordings++
	if f.recordErr != nil && f.recordings > f.failAt {
		return nil, f.recordErr
	}
	g := &fakeGraph{of: f, step: step}
	f.graphs = append(f.graphs, g)
	if f.launchErr != nil { // and so no launch finds it made
		return g, nil
	}
	return g, step()
}

func (g *fakeGraph) Launch() error {
	if g.of.launchErr != nil {
		return g.of.launchErr
	}
	if g.launches++; g.launches == 1 {
		return nil
	}
	counts := maps.Clone(g.of.meter.counts)
	err := g.step()
	g.of.meter.counts = counts
	return err
}

func (g *fakeGraph) Close() error { g.of.closed++; return nil }

// use has runs record with f.
func (f *fakes) use(t *testing.T) {
	t.Helper()
	was := recorder
	t.Cleanup(func() { recorder = was })
	recorder = func(tr *Trainer) func(step func() error) (graph, error) {
		f.meter = tr.meter
		return f.record
	}
}

// metrics are the lines of metrics.jsonl without what differs from run to run.
func metrics(t *testing.T, dir string) (lines []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"time", "images_per_second", "loader_wait_share"} {
			delete(m, name)
		}
		lines = append(lines, m)
	}
	return lines
}

func sameRun(t *testing.T, dir, want string) {
	t.Helper()
	for name, content := range weights(t, dir) {
		if !bytes.Equal(content, weights(t, want)[name]) {
			t.Errorf("%s.safetensors differs from the eager run's", name)
		}
	}
	got, eager := metrics(t, dir), metrics(t, want)
	for i := range min(len(got), len(eager)) {
		if !maps.Equal(got[i], eager[i]) {
			t.Errorf("line %d of metrics.jsonl is %v, of the eager run's %v", i, got[i], eager[i])
		}
	}
	if len(got) != len(eager) {
		t.Errorf("%d lines in metrics.jsonl, %d in the eager run's", len(got), len(eager))
	}
}

// A run whose steps are recorded ends in the bytes of one whose steps are not, whether images are resident or streamed;
// stopped between two launches it saves, and resumed it warms up anew and ends in the same bytes.
func TestRecordedStepsTrainTheSame(t *testing.T) {
	base, live := t.TempDir(), cgo.Live()
	eager := filepath.Join(base, "eager")
	train(t, small(t), eager, false)
	for _, resident := range []string{"on", "off"} {
		t.Run("resident "+resident, func(t *testing.T) {
			f := &fakes{}
			f.use(t)
			dir := filepath.Join(base, resident)
			train(t, small(t, "data.resident="+resident), dir, false)
			sameRun(t, dir, eager)
			// 12 steps of R with the adversary and 4 of D without the penalty and with the history; of all others there
			// are no more than warmUps.
			if len(f.graphs) != 2 || f.graphs[0].launches != 12-warmUps || f.graphs[1].launches != 4-warmUps || f.closed != 2 {
				t.Errorf("%d graphs, %d closed", len(f.graphs), f.closed)
			}
		})
	}
	t.Run("stopped", func(t *testing.T) {
		f := &fakes{}
		f.use(t)
		dir := filepath.Join(base, "stopped")
		ctx, cancel := context.WithCancelCause(context.Background())
		err := Run(ctx, small(t), Options{Dir: dir, Out: cancelAt{"train 4", func() { cancel(ErrStopped) }}})
		if !errors.Is(err, ErrStopped) || len(f.graphs) != 1 || f.graphs[0].launches != 8-warmUps {
			t.Fatalf("%v; %d graphs", err, len(f.graphs))
		}
		train(t, small(t), dir, true)
		sameRun(t, dir, eager)
		if len(f.graphs) != 2 || f.graphs[1].launches != 4-warmUps {
			t.Errorf("%d graphs behind resuming", len(f.graphs))
		}
	})
	if left := cgo.Live() - live; left != 0 {
		t.Errorf("%d tensors are still live", left)
	}
}

// Where a step can't be recorded, or its graph not launched, the run goes on as if nobody had tried, and says why once.
func TestStepsThatCannotBeRecorded(t *testing.T) {
	base := t.TempDir()
	eager := filepath.Join(base, "eager")
	train(t, small(t), eager, false)
	for name, f := range map[string]*fakes{
		"first":        {recordErr: cgo.ErrOutOfMemory},
		"second":       {recordErr: cgo.ErrOutOfMemory, failAt: 1},
		"never starts": {launchErr: cgo.ErrOutOfMemory},
	} {
		t.Run(name, func(t *testing.T) {
			f.use(t)
			dir := filepath.Join(base, name)
			train(t, small(t), dir, false)
			sameRun(t, dir, eager)
			log, err := os.ReadFile(filepath.Join(dir, "log.txt"))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(log), "out of memory"); n != 1 {
				t.Errorf("the reason was logged %d times: %s", n, log)
			}
			if f.closed != len(f.graphs) || f.recordings > f.failAt+1 {
				t.Errorf("%d recordings, %d of %d graphs closed", f.recordings, f.closed, len(f.graphs))
			}
		})
	}
}

// Each variant is made warmUps times, then recorded, then launched; the meter counts what is done, once.
func TestVariantsAreRecordedOneByOne(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	f := &fakes{meter: newMeter()}
	defer f.meter.Close()
	c := &captures{record: f.record, say: func(string, ...any) { t.Error("gave up") }, steps: map[variant]*captured{}}
	var made []string
	step := func(name string) func() error {
		return func() error {
			made = append(made, name)
			return cgo.Within(func(s *cgo.Scope) error {
				f.meter.add(s, name, s.From([]float32{1}, cgo.CPU))
				return nil
			})
		}
	}
	r, d := variant{network: "R"}, variant{network: "D", old: 2}
	for i, want := range []int{0, 0, 0, 1, 1, 1} {
		if err := errors.Join(c.run(r, f.meter, step("r")), c.run(d, f.meter, step("d"))); err != nil {
			t.Fatal(err)
		}
		if len(f.graphs) != 2*want {
			t.Errorf("round %d: %d graphs, want %d", i, len(f.graphs), 2*want)
		}
	}
	if want := strings.Split("rdrdrdrdrdrd", ""); !slices.Equal(made, want) {
		t.Errorf("steps were %v, want %v", made, want)
	}
	totals, err := f.meter.totals()
	if err != nil || totals["r"] != (total{6, 6}) || totals["d"] != (total{6, 6}) {
		t.Errorf("%v %v", totals, err)
	}
	if err := c.Close(); err != nil || f.closed != 2 {
		t.Errorf("%v, %d graphs closed", err, f.closed)
	}
}

// A step that fails ends the run, whoever makes it.
func TestStepThatFails(t *testing.T) {
	f := &fakes{meter: newMeter()}
	c := &captures{record: f.record, say: func(string, ...any) {}, steps: map[variant]*captured{}}
	bad := errors.New("bad")
	for i := range 2 * warmUps {
		if err := c.run(variant{}, f.meter, func() error { return bad }); !errors.Is(err, bad) {
			t.Errorf("step %d: %v", i, err)
		}
	}
}

// On the CPU, and where the config says so, nothing is recorded; on a GPU it is, and where it must be and can't, the run ends.
func TestRecorderIsForGPUs(t *testing.T) {
	for _, c := range []struct {
		device  cgo.Device
		capture string
		records bool
	}{{cgo.CPU, "auto", false}, {cgo.CPU, "on", false}, {0, "auto", true}, {0, "on", true}, {0, "off", false}} {
		tr := &Trainer{networks: &networks{device: c.device}, config: small(t, "train.capture="+c.capture)}
		if got := recorder(tr) != nil; got != c.records {
			t.Errorf("%s, %s: recorded is %v", c.device, c.capture, got)
		}
	}
	f := &fakes{recordErr: cgo.ErrOutOfMemory}
	f.use(t)
	err := Run(context.Background(), small(t, "train.capture=on"), Options{Dir: filepath.Join(t.TempDir(), "run"), Out: io.Discard})
	if !errors.Is(err, cgo.ErrOutOfMemory) || !strings.Contains(err.Error(), "train step 1: ") {
		t.Error(err)
	}
}
