package simgan

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
)

// fakes record steps without a GPU. Recording makes the step, and the graph's first launch finds it made; every later
// launch makes it again. As on a GPU, no launch tells the meter that it has something to count.
type fakes struct {
	meter              *meter
	graphs             []*fakeGraph
	recordErr          error // of all recordings from the failAt-th on, counted from 0
	launchErr          error // of all launches
	failAt             int
	recordings, closed int
}

type fakeGraph struct {
	of       *fakes
	step     func() error
	launches int
}

func (f *fakes) record(step func() error) (Graph, error) {
	f.recordings++
	if f.recordErr != nil && f.recordings > f.failAt {
		return nil, f.recordErr
	}
	g := &fakeGraph{of: f, step: step}
	f.graphs = append(f.graphs, g)
	if f.launchErr != nil { // so no launch finds it made
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

// train trains a tiny model whose steps f records.
func (f *fakes) train(
	t *testing.T,
	log func(string, ...any),
	from *training,
	step int,
	settings ...string,
) (training, error) {
	t.Helper()
	return trainOn(
		t,
		tinyrun.Config(t, settings...),
		Options{Record: f.record, Log: log},
		from,
		step,
		func(m *Model) { f.meter = m.meter },
	)
}

// A training whose steps are recorded ends in the bytes of one whose steps are not, whether images are resident or
// streamed. Stopped between two launches and restored, it warms up again and ends in the same bytes.
func TestRecordedStepsTrainTheSame(t *testing.T) {
	live := cgo.Live()
	eager := mustTrain(t)
	for _, resident := range []string{"on", "off"} {
		t.Run("resident "+resident, func(t *testing.T) {
			f := &fakes{}
			got, err := f.train(t, nil, nil, 0, "data.resident="+resident)
			if err != nil {
				t.Fatal(err)
			}
			sameTraining(t, resident, got, eager)
			// 12 steps of R with the adversary and 4 of D without the penalty and with the history. Of each other variant
			// there are at most warmUps.
			if len(f.graphs) != 2 || f.graphs[0].launches != 12-warmUps || f.graphs[1].launches != 4-warmUps || f.closed != 2 {
				t.Errorf("%d graphs, %d closed", len(f.graphs), f.closed)
			}
		})
	}
	t.Run("stopped", func(t *testing.T) {
		f := &fakes{}
		stopped, err := f.train(t, nil, nil, 4)
		if err != nil || len(f.graphs) != 1 || f.graphs[0].launches != 8-warmUps {
			t.Fatalf("%v; %d graphs", err, len(f.graphs))
		}
		got, err := f.train(t, nil, &stopped, 0)
		if err != nil {
			t.Fatal(err)
		}
		sameTraining(t, "stopped", got, eager)
		if len(f.graphs) != 2 || f.graphs[1].launches != 4-warmUps {
			t.Errorf("%d graphs after restoring", len(f.graphs))
		}
	})
	if left := cgo.Live() - live; left != 0 {
		t.Errorf("%d tensors are still live", left)
	}
}

// If a step cannot be recorded, or its graph not launched, training continues as if nobody had tried, and logs why
// once.
func TestStepsThatCannotBeRecorded(t *testing.T) {
	eager := mustTrain(t)
	for name, f := range map[string]*fakes{
		"first":        {recordErr: cgo.ErrOutOfMemory},
		"second":       {recordErr: cgo.ErrOutOfMemory, failAt: 1},
		"never starts": {launchErr: cgo.ErrOutOfMemory},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			got, err := f.train(t, func(format string, args ...any) { fmt.Fprintf(&log, format+"\n", args...) }, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			sameTraining(t, name, got, eager)
			if n := strings.Count(log.String(), "out of memory"); n != 1 {
				t.Errorf("the reason was logged %d times: %s", n, log.String())
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
	c := &captures{record: f.record, log: func(string, ...any) { t.Error("gave up") }, steps: map[variant]*captured{}}
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
	r, d := variant{network: "R"}, variant{network: "D", drawn: 2}
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
	if err != nil || totals["r"] != (Total{6, 6}) || totals["d"] != (Total{6, 6}) {
		t.Errorf("%v %v", totals, err)
	}
	if err := c.Close(); err != nil || f.closed != 2 {
		t.Errorf("%v, %d graphs closed", err, f.closed)
	}
}

// If an eager step runs out of memory while graphs hold some, the graphs are given up and the step is made again. With
// capture=on, with other processes, or without graphs, it is an error.
func TestGraphsGiveTheirMemoryBack(t *testing.T) {
	for _, kind := range []string{"auto", "on", "joint"} {
		f := &fakes{meter: newMeter()}
		drops, logged := 0, ""
		c := &captures{
			record: f.record, must: kind == "on", joint: kind == "joint", steps: map[variant]*captured{},
			drop: func() error { drops++; return nil },
			log:  func(format string, args ...any) { logged += fmt.Sprintf(format, args...) },
		}
		good, tries := func() error { return nil }, 0
		tight := func() error {
			tries++
			if c.holdsGraphs() {
				return cgo.ErrOutOfMemory
			}
			return nil
		}
		for range warmUps + 1 {
			if err := c.run(variant{network: "R"}, f.meter, good); err != nil {
				t.Fatal(err)
			}
		}
		err := c.run(variant{network: "D"}, f.meter, tight)
		switch {
		case kind != "auto" && (!errors.Is(err, cgo.ErrOutOfMemory) || tries != 1 || f.closed != 0):
			t.Errorf("%s: %v after %d tries", kind, err, tries)
		case kind == "auto" && (err != nil || tries != 2 || drops != 1 || f.closed != 1 || !strings.Contains(logged, "kept in memory")):
			t.Errorf("%v after %d tries, %d drops, %d graphs closed: %s", err, tries, drops, f.closed, logged)
		}
	}
	c := &captures{steps: map[variant]*captured{}}
	if err := c.run(variant{}, newMeter(), func() error { return cgo.ErrOutOfMemory }); !errors.Is(err, cgo.ErrOutOfMemory) {
		t.Errorf("without graphs: %v", err)
	}
}

// After an error that is not memory's the fused kernels are given up and the step is made again. The error stands if
// there are none, and if the step fails again.
func TestFailingKernelsAreGivenUp(t *testing.T) {
	bad := errors.New("cuDNN: the plan failed")
	for name, test := range map[string]struct {
		fused, broken bool
		tries         int
	}{"of the kernels": {true, false, 2}, "of the step": {true, true, 2}, "without kernels": {false, true, 1}} {
		fused, tries, drops := test.fused, 0, 0
		c := &captures{
			steps: map[variant]*captured{}, drop: func() error { drops++; return nil },
			unfuse: func(err error) bool {
				had := fused
				fused = false
				return had && errors.Is(err, bad)
			},
		}
		err := c.run(variant{}, newMeter(), func() error {
			tries++
			if fused || test.broken {
				return bad
			}
			return nil
		})
		if tries != test.tries || drops != tries-1 || errors.Is(err, bad) != test.broken {
			t.Errorf("%s: %v after %d tries, %d drops", name, err, tries, drops)
		}
	}
}

// A step that fails is an error, whether it runs eagerly or is being recorded.
func TestStepThatFails(t *testing.T) {
	f := &fakes{meter: newMeter()}
	c := &captures{record: f.record, log: func(string, ...any) {}, steps: map[variant]*captured{}}
	bad := errors.New("bad")
	for i := range 2 * warmUps {
		if err := c.run(variant{}, f.meter, func() error { return bad }); !errors.Is(err, bad) {
			t.Errorf("step %d: %v", i, err)
		}
	}
}

// On the CPU, and if the config says so, nothing is recorded. On a GPU steps are recorded; if they must be and cannot,
// the training ends.
func TestRecorderIsForGPUs(t *testing.T) {
	for _, c := range []struct {
		device  cgo.Device
		capture config.Capture
		records bool
	}{
		{cgo.CPU, config.CaptureAuto, false}, {cgo.CPU, config.CaptureOn, false},
		{0, config.CaptureAuto, true}, {0, config.CaptureOn, true}, {0, config.CaptureOff, false},
	} {
		m := &Model{networks: &networks{device: c.device}}
		m.config.Train.Capture = c.capture
		if got := newCaptures(m, Options{}).record != nil; got != c.records {
			t.Errorf("%s, %s: recorded is %v", c.device, c.capture, got)
		}
	}
	f := &fakes{recordErr: cgo.ErrOutOfMemory}
	_, err := f.train(t, nil, nil, 0, "train.capture=on")
	if !errors.Is(err, cgo.ErrOutOfMemory) || !strings.Contains(err.Error(), "train step 1: ") {
		t.Error(err)
	}
}
