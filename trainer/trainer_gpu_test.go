package trainer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/internal/gputest"
	"simgan/internal/gputest/device"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
	"simgan/trainer/rundir"
)

// Captured steps have the losses of eager ones: in float32, in bfloat16, and with R and D fused.
func TestGPUCapturedIsEager(t *testing.T) {
	gpu := device.Need(t)
	for name, c := range map[string]struct {
		settings  []string
		tolerance float64
	}{
		"float32":        {nil, 1e-3},
		"bfloat16":       {[]string{"train.precision=bfloat16"}, 2e-2},
		"bfloat16 fused": {[]string{"train.precision=bfloat16", "refiner.padding=zeros", "refiner.width=64"}, 2e-2},
	} {
		t.Run(name, func(t *testing.T) {
			if device.Need(t) == cgo.CPU {
				c.settings = append(c.settings, "refiner.width=8") // the paper's takes minutes
			}
			losses := map[string][]float64{}
			for _, capture := range []string{"on", "off"} {
				dir := filepath.Join(t.TempDir(), capture)
				train(
					t,
					onGPU(
						t,
						gpu,
						append(c.settings, "train.capture="+capture, "train.steps=40", "log.every=1", "guard.patience=0")...),
					dir,
					false,
				)
				losses[capture] = logged(t, dir, "L_R")
			}
			tinyrun.NearLosses(t, losses["on"], losses["off"], c.tolerance)
		})
	}
}

// A run that paused and a run that was stopped continue with the losses of a run that did neither.
func TestGPUResume(t *testing.T) {
	gpu := device.Need(t)
	base := t.TempDir()
	c := onGPU(t, gpu, "train.steps=12", "log.every=1")
	whole, paused, stopped := filepath.Join(base, "whole"), filepath.Join(base, "paused"), filepath.Join(base, "stopped")
	train(t, c, whole, false)
	if err := Run(context.Background(), c, Options{Dir: paused, Until: 5, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	if err := Run(ctx, c, Options{Dir: stopped, Out: cancelAt{"train 2", func() { cancel(exit.ErrStopped) }}}); !errors.Is(
		err,
		exit.ErrStopped,
	) {
		t.Fatalf("stopped run returned %v", err)
	}
	for _, dir := range []string{paused, stopped} {
		if latest, err := rundir.LatestCheckpoint(dir); latest == "" || err != nil {
			t.Fatalf("%s: no checkpoint, %v", dir, err)
		}
		train(t, c, dir, true)
		for _, loss := range []string{"L_R", "L_D"} {
			tinyrun.NearLosses(t, logged(t, dir, loss), logged(t, whole, loss), 1e-3) // sums on a GPU have no fixed order
		}
	}
}

// A run that needs more memory than the device has ends in ErrOutOfMemory; the next one in the same process trains.
func TestGPURunOutOfMemory(t *testing.T) {
	gpu := device.Need(t)
	// A feature map takes 7 GB, and a step keeps about forty; a larger map would be more than libtorch's padding can
	// index.
	const batch = 15000
	big := onGPU(
		t,
		gpu,
		fmt.Sprintf("train.batch=%d", batch),
		"train.history=0",
		"refiner.width=64",
		"refiner.blocks=10",
		"data.resident=on",
		"train.precision=float32",
	)
	gputest.NotOnCPU(t, int(gpu), "memory that may be used up")
	dir := t.TempDir()
	if err := Run(context.Background(), big, Options{Dir: filepath.Join(dir, "big"), Out: io.Discard}); !errors.Is(
		err,
		cgo.ErrOutOfMemory,
	) {
		t.Errorf("batch %d: %v", batch, err)
	}
	train(t, onGPU(t, gpu), filepath.Join(dir, "small"), false)
}

// In 1,000 steps the device's memory neither grows nor does anything of it stay.
func TestGPUMemoryIsFlat(t *testing.T) {
	gpu := device.Need(t)
	gputest.NotOnCPU(t, int(gpu), "the tensors' own bytes")
	before, _, err := cgo.Memory(gpu)
	if err != nil {
		t.Fatal(err)
	}
	memory := &memoryAtLines{device: gpu}
	c := onGPU(
		t,
		gpu,
		"train.steps=1000",
		"log.every=100",
		"log.samples_every=0",
		"log.checkpoint_every=0",
		"guard.patience=0",
	)
	if err := Run(context.Background(), c, Options{Dir: filepath.Join(t.TempDir(), "run"), Out: memory}); err != nil {
		t.Fatal(err)
	}
	if len(memory.bytes) < 9 {
		t.Fatalf("%d lines of training were logged", len(memory.bytes))
	}
	settled := memory.bytes[1:]
	if grown := slices.Max(settled) - slices.Min(settled); grown > 1<<20 {
		t.Errorf("memory at the log lines moves by %d bytes: %v", grown, memory.bytes)
	}
	after, _, err := cgo.Memory(gpu)
	if err != nil || after > before+32<<20 { // cuBLAS and cuDNN keep their workspaces
		t.Errorf("%d bytes are in use after the run, %d before it, %v", after, before, err)
	}
}

// memoryAtLines reads the device's memory whenever training logs a line.
type memoryAtLines struct {
	device cgo.Device
	bytes  []int64
}

func (m *memoryAtLines) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), "train ") {
		if now, _, err := cgo.Memory(m.device); err == nil {
			m.bytes = append(m.bytes, now)
		}
	}
	return len(p), nil
}

// onGPU is a run of seconds on the GPU.
func onGPU(t *testing.T, gpu cgo.Device, settings ...string) config.Config {
	t.Helper()
	return tinyrun.Config(t, append([]string{"device=" + gpu.String()}, settings...)...)
}

// logged returns one loss of a run's metrics, per line of Algorithm 1.
func logged(t *testing.T, dir, loss string) (values []float64) {
	t.Helper()
	for _, r := range metricsOf(t, dir) {
		if v, ok := r.Number(loss); ok && r.In(config.PhaseTrain) {
			values = append(values, v)
		}
	}
	return values
}
