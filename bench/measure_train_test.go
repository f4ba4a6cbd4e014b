package bench

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
	"simgan/trainer/simgan"
)

// timed returns the config with which the benchmark times a preset on the device, without a history.
func timed(t *testing.T, preset, device string, settings ...string) config.Config {
	t.Helper()
	c, err := TrainOptions{Device: device, Settings: settings}.config(preset)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tiny returns a config of tiny networks on the CPU, in float32.
func tiny(t *testing.T, settings ...string) config.Config {
	t.Helper()
	return timed(t, "gaze", "cpu", append([]string{
		"train.precision=float32", "refiner.blocks=1", "discriminator.width=0.1",
	}, settings...)...)
}

// The losses of the first steps are PyTorch's:
//
//	python scripts/parity.py bench --batch 4 --width 6 --blocks 1 --discriminator-width 0.1 --iterations 1 --warm-up 0
func TestFirstLossesEqualPyTorch(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	c := tiny(t, "train.batch=4", "refiner.width=6", "train.kernels=libtorch")
	got, err := firstLosses(c, data.Info{C: 1, H: 35, W: 55, Bits: 8})
	if err != nil {
		t.Fatal(err)
	}
	tinyrun.NearLosses(t, got, []float64{
		106.57562255859375, 106.56959533691406, 174.67312622070312,
		106.59005737304688, 106.5837631225586, 174.6728515625,
	}, 1e-5)
}

// nearFirstLosses wants the losses of two iterations to be the wanted ones, as exactly as sameLosses does.
func nearFirstLosses(t *testing.T, got, want []float64, bfloat bool) {
	t.Helper()
	for _, steps := range [][2]int{{0, iterationSteps}, {iterationSteps, 2 * iterationSteps}} {
		tinyrun.NearLosses(t, got[steps[0]:steps[1]], want[steps[0]:steps[1]], lossTolerance(bfloat, steps[0]))
	}
}

// In bfloat16 the hand networks at full width have the losses of PyTorch in float32:
//
//	python scripts/parity.py bench --batch 2 --width 64 --blocks 10 --kernel 7 --block-kernel 3 --height 224 \
//	  --width-pixels 224 --discriminator hand --iterations 1 --warm-up 0
func TestFirstLossesOfHandsInBFloat16(t *testing.T) {
	if !cgo.HasAMX() {
		t.Skip("without AMX this takes minutes")
	}
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	c := timed(t, "hand", "cpu", "train.precision=bfloat16", "train.batch=2")
	got, err := firstLosses(c, data.Info{C: 1, H: 224, W: 224, Bits: 8})
	if err != nil {
		t.Fatal(err)
	}
	nearFirstLosses(t, got, []float64{
		536.6333618164062, 557.3326416015625, 67.92825317382812,
		527.7506103515625, 528.6491088867188, 67.91304779052734,
	}, true)
}

// The figures of a tiny training add up, and no tensor stays.
func TestMeasure(t *testing.T) {
	live := cgo.Live()
	c := tiny(t, "train.batch=4", "refiner.width=6", "train.kernels=libtorch")
	timing, err := measureTraining(c, data.Info{C: 1, H: 35, W: 55, Bits: 8}, 2, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	if left := cgo.Live() - live; left != 0 {
		t.Errorf("%d tensors are still live", left)
	}
	if timing.StepR <= 0 || timing.StepD <= 0 || timing.Iteration < timing.StepR || timing.PeakBytes <= 0 ||
		len(timing.Losses) != 6 ||
		timing.Notes != nil {
		t.Errorf("%+v", timing)
	}
	if want := 12 / timing.Iteration; timing.ImagesPerSecond != want {
		t.Errorf("%v images/s, want %v", timing.ImagesPerSecond, want)
	}
}

// Steps that could not be recorded are reported with the figures, once.
func TestFallbacksAreReported(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	c := tiny(t, "train.batch=2", "refiner.width=4", "train.kernels=libtorch")
	refuse := func(func() error) (simgan.Graph, error) { return nil, errors.New("no room") }
	b, err := newTraining(c, data.Info{C: 1, H: 35, W: 55, Bits: 8}, refuse)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	timing, err := b.measure(1, 4)
	if err != nil || len(timing.Notes) != 1 || !strings.Contains(timing.Notes[0], "can't be recorded as CUDA graphs") ||
		!strings.Contains(timing.Notes[0], "no room") {
		t.Errorf("%v, %q", err, timing.Notes)
	}
}

// The images are parity.py's: 2654435761 = 0x9e3779b1, so level 1 is 0x9e, level 2 is 2*0x9e3779b1 mod 2^32 >> 24 =
// 0x3c, level 3 0xda, and level 4 is 0x78.
func TestNoiseLevels(t *testing.T) {
	if got := noiseLevels(5); !slices.Equal(got, []byte{0, 0x9e, 0x3c, 0xda, 0x78}) {
		t.Errorf("%x", got)
	}
}
