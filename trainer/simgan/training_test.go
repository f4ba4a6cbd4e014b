package simgan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
)

// training is what a training left: its tensors by file and name, the averages of its log windows, and where it stood.
type training struct {
	tensors map[string][]float32
	windows []map[string]float64
	state   State
	x, y    data.Position
}

var errStop = errors.New("stop")

// trainOn trains the config's model, from where the earlier training stopped if there is one, up to the step of
// Algorithm 1 or, if it is 0, to the end. It reads a log window every 2 steps. ready, if any, is called with the new
// model.
func trainOn(t *testing.T, c config.Config, o Options, from *training, step int, ready func(*Model)) (training, error) {
	t.Helper()
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	x, y, err := OpenStreams(ctx, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	defer y.Close()
	m, err := NewModel(c, x.info, o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if ready != nil {
		ready(m)
	}
	var result training
	if from != nil {
		result.windows = from.windows
		restore(t, m, *from)
	}
	place(t, c, m, x, y, from)
	err = m.Algorithm1(ctx, x, y, Hooks{
		Before: func() error {
			if step > 0 && m.Phase == config.PhaseTrain && m.Step == step {
				return errStop
			}
			return nil
		},
		After: func() error {
			if m.Step%2 != 0 {
				return nil
			}
			averages, err := m.ReadWindow()
			result.windows = append(result.windows, averages)
			return err
		},
	})
	if err != nil && !errors.Is(err, errStop) {
		return result, err
	}
	result.tensors = tensorsOf(t, m)
	if result.state, err = m.State(); err != nil {
		t.Fatal(err)
	}
	result.x, result.y = x.Position(), y.Position()
	return result, nil
}

// mustTrain is trainOn from the start to the end.
func mustTrain(t *testing.T, settings ...string) training {
	t.Helper()
	result, err := trainOn(t, tinyrun.Config(t, settings...), Options{}, nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func place(t *testing.T, c config.Config, m *Model, x, y *Stream, from *training) {
	t.Helper()
	var at training
	if from != nil {
		at = *from
	}
	taken, err := x.Place(m.Device(), c.Data.Resident, 0)
	if err == nil {
		_, err = y.Place(m.Device(), c.Data.Resident, taken)
	}
	if err := errors.Join(err, x.Start(at.x), y.Start(at.y)); err != nil {
		t.Fatal(err)
	}
}

func tensorsOf(t *testing.T, m *Model) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for file, params := range filesOf(t, m) {
		for _, p := range params {
			values, err := cgo.Read(p.Tensor)
			if err != nil {
				t.Fatal(err)
			}
			all[file+"/"+p.Name] = values
		}
	}
	return all
}

func restore(t *testing.T, m *Model, from training) {
	t.Helper()
	if err := m.Restore(from.state); err != nil {
		t.Fatal(err)
	}
	for file, params := range filesOf(t, m) {
		for _, p := range params {
			set(t, p.Tensor, from.tensors[file+"/"+p.Name])
		}
	}
}

func filesOf(t *testing.T, m *Model) map[string][]models.Param {
	t.Helper()
	files, err := m.Files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sameTraining wants the same tensors and windows, to the last bit.
func sameTraining(t *testing.T, name string, got, want training) {
	t.Helper()
	if len(got.tensors) != len(want.tensors) || len(want.tensors) == 0 {
		t.Errorf("%s: %d tensors, want %d", name, len(got.tensors), len(want.tensors))
	}
	for tensor, values := range want.tensors {
		sameBits := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
		if !slices.EqualFunc(got.tensors[tensor], values, sameBits) {
			t.Errorf("%s: %s differs", name, tensor)
		}
	}
	equal := func(a, b map[string]float64) bool { return maps.Equal(a, b) }
	if !slices.EqualFunc(got.windows, want.windows, equal) {
		t.Errorf("%s: log windows are %v, want %v", name, got.windows, want.windows)
	}
}

// A model that is stopped at any step and built again from its state ends as one that was never stopped.
func TestRestoreIsExact(t *testing.T) {
	live := cgo.Live()
	want := mustTrain(t)
	for step := 1; step < tinyrun.Steps; step++ {
		stopped, err := trainOn(t, tinyrun.Config(t), Options{}, nil, step, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := trainOn(t, tinyrun.Config(t), Options{}, &stopped, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		sameTraining(t, fmt.Sprintf("stopped at step %d", step), got, want)
	}
	if left := cgo.Live() - live; left != 0 {
		t.Errorf("%d tensors are still live", left)
	}
}

// R's Adam counts the updates of Algorithm 1 alone, D's all.
func TestOptimizerOfRIsResetAfterPretraining(t *testing.T) {
	settings := []string{
		"train.optimizer=adam", "train.pretrain_refiner=3", "train.pretrain_discriminator=2", "train.steps=2", "train.k_g=2",
	}
	const file = StateFile + "/optimizer."
	got := mustTrain(t, settings...).tensors
	for name, want := range map[string]float32{"refiner.step.0": 4, "discriminator.step.0": 4} {
		if count := got[file+name]; len(count) != 1 || count[0] != want {
			t.Errorf("%s is %v, want %v", name, count, want)
		}
	}
	started := mustTrain(t, append(settings, "train.pretrain_refiner=0")...).tensors
	if count := started[file+"refiner.step.0"]; len(count) != 1 || count[0] != 4 {
		t.Errorf("without pretraining: %v", count)
	}
}
