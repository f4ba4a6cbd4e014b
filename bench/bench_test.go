package bench

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"simgan/cgo"
)

// turnsOf is a contestant with these losses in its turns.
func turnsOf(name string, losses ...[]float64) *trainTurns {
	c := &trainTurns{Name: name}
	for _, l := range losses {
		c.Turns = append(c.Turns, trainTurn{Timing: Timing{Losses: l, Iteration: 1, StepR: 0.5, FLOPs: 50}})
	}
	return c
}

// float32 may be 1e-4 off PyTorch's float32 in every round and step; bfloat16 5e-3 in the first iteration, 2e-2 in the
// second. NaN never passes.
func TestSameLosses(t *testing.T) {
	base := []float64{100, 200, 300, 400}
	for _, c := range []struct {
		what  string
		other *trainTurns
		want  string
	}{
		{"the same", turnsOf("simgan float32", base), ""},
		{"within 1e-4", turnsOf("simgan float32", []float64{100.009, 200, 300, 400}), ""},
		{"beyond 1e-4", turnsOf("simgan float32", base, []float64{100, 200.03, 300, 400}), "simgan float32, round 2: the loss of step 2 is 200.03, PyTorch float32's 200"},
		{"bfloat16 within 5e-3", turnsOf("simgan bfloat16", []float64{100.4, 200, 300, 400}), ""},
		{"bfloat16 beyond", turnsOf("simgan bfloat16", []float64{100, 200, 297, 400}), "the loss of step 3"},
		{"bfloat16 within 2e-2", turnsOf("simgan bfloat16", append(base[:3:3], 407)), ""},
		{"bfloat16 beyond 2e-2", turnsOf("simgan bfloat16", append(base[:3:3], 409)), "the loss of step 4"},
		{"NaN", turnsOf("simgan bfloat16", []float64{100, math.NaN(), 300, 400}), "the loss of step 2 is NaN"},
		{"fewer", turnsOf("simgan float32", base[:2]), "reported 2 losses, PyTorch float32 4"},
	} {
		err := sameLosses([]*trainTurns{c.other, turnsOf("PyTorch float32", base)})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	// PyTorch float32 took no turn: the others are compared with the first that did, as exactly as the coarser allows.
	rest := []*trainTurns{
		turnsOf("simgan float32"),
		turnsOf("simgan bfloat16", base),
		turnsOf("PyTorch float32"),
		turnsOf("PyTorch bfloat16", []float64{100.4, 200, 300, 400}),
	}
	if err := sameLosses(rest); err != nil {
		t.Error(err)
	}
	if err := sameLosses(rest[:1]); err != nil {
		t.Errorf("nobody took a turn: %v", err)
	}
	if err := sameLosses([]*trainTurns{turnsOf("simgan float32", nil)}); err == nil {
		t.Error("no losses at all pass")
	}
}

// 50 operations in a second are half of a peak of 100; differing losses are said above the table.
func TestBenchTable(t *testing.T) {
	all := []*trainTurns{turnsOf("simgan float32", []float64{1})}
	half := 0.25
	all[0].Turns[0].Idle = &half
	result := &presetFigures{Preset: "gaze,train.batch=8", Contestants: all, Unequal: "they differ"}
	result.config.Train.Batch = 8
	table := figures{
		place:   place{Device: "a device"},
		Peak:    peak{FLOPs: 100, N: 4, Type: "float32"},
		Presets: []*presetFigures{result},
	}.table()
	for _, want := range []string{"Preset gaze (", "THE LOSSES DIFFER", "| simgan float32 | 0 | 500.0 | 0.0 | 16 | 50 % | 25 % |"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}

// A preset's own settings go below --set, and whatever is set, it is made like the script.
func TestBenchConfig(t *testing.T) {
	o := TrainOptions{
		Settings: []string{"train.history=512", "train.psi=derivatives", "train.optimizer=sgd"},
		Device:   "cpu",
	}
	c, err := o.config("hand,train.batch=4,refiner.blocks=2")
	if err != nil {
		t.Fatal(err)
	}
	h, w := o.sizeFor(c)
	if c.Train.Batch != 4 || c.Refiner.Blocks != 2 || c.Train.History != 0 || c.Train.Psi != "identity" ||
		c.Train.LRRefiner != 1e-3 ||
		h != 224 ||
		w != 224 {
		t.Errorf("%d x %d, %+v", h, w, c)
	}
}

// An nvidia-smi that always says 90: a tenth is idle, and nothing is known of times without a sample.
func TestGPUWatch(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte("#!/bin/sh\n[ $6 = GPU-1 ] || exit 1\nwhile :; do echo ' 90'; sleep 0.05; done\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	now := func() float64 { return float64(time.Now().UnixNano()) / 1e9 }
	watch, from := watchGPU(t.Context(), "GPU-1"), now()
	deadline := time.Now().Add(20 * time.Second)
	var share *float64
	for share == nil && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
		share = watch.idle(from-1, now())
	}
	watch.stop()
	if share == nil || *share < 0.0999 || *share > 0.1001 {
		t.Errorf("idle share %v", share)
	}
	if share := watch.idle(from-100, from-50); share != nil {
		t.Errorf("idle share %v of a time that nobody watched", *share)
	}
	blind := watchGPU(t.Context(), "")
	blind.stop()
	if share := blind.idle(0, now()); share != nil {
		t.Errorf("idle share %v of a CPU", *share)
	}
}

// On a machine with several GPUs all contestants see only the chosen one, which both programs call cuda. Without one
// there are two more on the CPU: PyTorch's float32 with channels last, and its fastest setting compiled.
func TestContestants(t *testing.T) {
	o := TrainOptions{Python: "python", Script: "parity.py", Iterations: 1}
	c, err := o.config("gaze,device=cpu")
	if err != nil {
		t.Fatal(err)
	}
	gpu := place{device: 1, flag: "cuda", environment: []string{"CUDA_VISIBLE_DEVICES=GPU-1"}}
	var names []string
	for _, contestant := range o.contestants("gaze", c, gpu) {
		names = append(names, contestant.Name)
		i := slices.Index(contestant.Command, "--device")
		if contestant.Command[i+1] != "cuda" || !slices.Equal(contestant.Environment, gpu.environment) {
			t.Errorf("%s: %q %q", contestant.Name, contestant.Environment, contestant.Command)
		}
	}
	want := []string{
		"simgan float32", "simgan bfloat16", "PyTorch float32", "PyTorch float32 channels_last",
		"PyTorch bfloat16 channels_last", "PyTorch bfloat16 torch.compile",
	}
	if !slices.Equal(names, want) {
		t.Errorf("contestants %q", names)
	}
	here, err := placeOf(cgo.CPU)
	text, _ := json.Marshal(figures{place: here, Presets: []*presetFigures{{Contestants: o.contestants("gaze", c, gpu)}}})
	for _, want := range []string{`{"device":"`, ` threads","date":`, `"environment":["CUDA_VISIBLE_DEVICES=GPU-1"]`} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s, %v", text, want, err)
		}
	}
}
