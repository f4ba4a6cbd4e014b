package trainer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/gputest"
	"simgan/models"
)

// needGPU is the first GPU; the test is skipped where there is none.
func needGPU(t *testing.T) cgo.Device {
	t.Helper()
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	gpu := cgo.Device(gputest.Need(t, cgo.CUDADevices))
	err := cgo.Within(func(s *cgo.Scope) error { // libtorch's allocator is there from the first tensor on
		s.Zeros(cgo.Float32, gpu, 1)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return gpu
}

// Losses and gradients of one step of R and one of D are the CPU's: float32 to 1e-4 of the layer's largest, TF32 forbidden.
func TestGPUStepsAreTheCPUs(t *testing.T) {
	gpu := needGPU(t)
	for _, name := range []string{"zeros_identity", "reflect_identity", "replicate_derivatives"} {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			x, y := gazeBatch(g["x"]), gazeBatch(g["y"])
			padding, psi, _ := strings.Cut(name, "_")
			err := cgo.ExactFloat32(func() error {
				tr := parityTrainer(t, g, x, "device="+gpu.String(), "refiner.padding="+padding, "train.psi="+psi)
				tr.optR, tr.optD = still{}, still{}
				if err := errors.Join(tr.refinerStep(x, true), tr.discriminatorStep(x, y)); err != nil {
					return err
				}
				losses, err := tr.meter.read()
				for _, loss := range []string{"l_real", "l_reg", "L_D"} {
					compareAt(t, loss, []float32{float32(losses[loss])}, g[loss], 1e-3, 1e-4)
				}
				for prefix, params := range map[string][]models.Param{"grad_R.": tr.R.Params(), "grad_D.": tr.D.Params()} {
					for _, p := range params {
						err := cgo.Within(func(s *cgo.Scope) error {
							got, err := cgo.Read(s.Grad(p.Tensor))
							if err == nil {
								compareAt(t, prefix+p.Name, got, g[prefix+p.Name], g.layer(prefix+p.Name), 1e-4)
							}
							return err
						})
						if err != nil {
							return err
						}
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Two iterations with the gaze and the hand networks at full width: the GPU's losses are the CPU's, in float32 to 1e-4, in
// bfloat16 to 5e-3.
func TestGPUFirstLosses(t *testing.T) {
	gpu := needGPU(t)
	for _, c := range []struct {
		preset, precision string
		tolerance         float64
	}{{"gaze", "float32", 1e-4}, {"gaze", "bfloat16", 5e-3}, {"hand", "float32", 1e-4}, {"hand", "bfloat16", 5e-3}} {
		t.Run(c.preset+" "+c.precision, func(t *testing.T) {
			needGPU(t) // locks this goroutine to its thread too
			info, batch := data.Info{C: 1, H: 35, W: 55}, "train.batch=8"
			if c.preset == "hand" {
				info, batch = data.Info{C: 1, H: 224, W: 224}, "train.batch=2"
			}
			losses := func(settings ...string) []float64 {
				config := bare(t, c.preset, append(settings, batch)...)
				got, err := firstLosses(config, info)
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			want := losses("device=cpu", "train.precision=float32")
			nearLosses(t, losses("device="+gpu.String(), "train.precision="+c.precision), want, c.tolerance)
		})
	}
}

// Captured steps have the losses of eager ones: in float32, in bfloat16, and with R and D fused.
func TestGPUCapturedIsEager(t *testing.T) {
	gpu := needGPU(t)
	for name, c := range map[string]struct {
		settings  []string
		tolerance float64
	}{
		"float32":        {nil, 1e-3},
		"bfloat16":       {[]string{"train.precision=bfloat16"}, 2e-2},
		"bfloat16 fused": {[]string{"train.precision=bfloat16", "refiner.padding=zeros", "refiner.width=64"}, 2e-2},
	} {
		t.Run(name, func(t *testing.T) {
			if needGPU(t) == cgo.CPU {
				c.settings = append(c.settings, "refiner.width=8") // the paper's takes minutes
			}
			losses := map[string][]float64{}
			for _, capture := range []string{"on", "off"} {
				dir := filepath.Join(t.TempDir(), capture)
				train(t, onGPU(t, gpu, append(c.settings, "train.capture="+capture, "train.steps=40", "log.every=1", "guard.patience=0")...), dir, false)
				losses[capture] = logged(t, dir, "L_R")
			}
			nearLosses(t, losses["on"], losses["off"], c.tolerance)
		})
	}
}

// The history lies on the GPU, and holds and gives the images that the CPU's does.
func TestGPUHistoryIsTheCPUs(t *testing.T) {
	gpu := needGPU(t)
	contents := map[cgo.Device][]float32{}
	for _, device := range []cgo.Device{cgo.CPU, gpu} {
		h, err := newHistory(10, 1, device, 1, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		info, err := cgo.Info(h.images)
		if err != nil || info.Device != device {
			t.Errorf("the buffer is on %v, %v; want %v", info.Device, err, device)
		}
		for round := range 20 {
			err := cgo.Within(func(s *cgo.Scope) error {
				images := s.From([]float32{float32(4 * round), float32(4*round + 1), float32(4*round + 2), float32(4*round + 3)}, device, 4, 1, 1, 1)
				if h.held >= 4 {
					drawn, err := cgo.Read(h.draw(s, 4))
					if err != nil {
						return err
					}
					contents[device] = append(contents[device], drawn...)
				}
				return h.add(s, images, 4)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		kept, err := cgo.Read(h.images)
		if err != nil {
			t.Fatal(err)
		}
		contents[device] = append(contents[device], kept...)
		h.Close()
	}
	if !slices.Equal(contents[cgo.CPU], contents[gpu]) {
		t.Errorf("the GPU's history is %v, the CPU's %v", contents[gpu], contents[cgo.CPU])
	}
}

// A run that paused, and one that was told to stop, go on with the losses of one that did neither.
func TestGPUResume(t *testing.T) {
	gpu := needGPU(t)
	base := t.TempDir()
	config := onGPU(t, gpu, "train.steps=12", "log.every=1")
	whole, paused, stopped := filepath.Join(base, "whole"), filepath.Join(base, "paused"), filepath.Join(base, "stopped")
	train(t, config, whole, false)
	if err := Run(context.Background(), config, Options{Dir: paused, Until: 5, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	if err := Run(ctx, config, Options{Dir: stopped, Out: cancelAt{"train 2", func() { cancel(ErrStopped) }}}); !errors.Is(err, ErrStopped) {
		t.Fatalf("stopped run returned %v", err)
	}
	for _, dir := range []string{paused, stopped} {
		if latest, err := LatestCheckpoint(dir); latest == "" || err != nil {
			t.Fatalf("%s: no checkpoint, %v", dir, err)
		}
		train(t, config, dir, true)
		for _, loss := range []string{"L_R", "L_D"} {
			nearLosses(t, logged(t, dir, loss), logged(t, whole, loss), 1e-3) // sums on a GPU have no fixed order
		}
	}
}

// A run that needs more memory than the device has ends in ErrOutOfMemory; the next one in the same process trains.
func TestGPURunOutOfMemory(t *testing.T) {
	gpu := needGPU(t)
	gputest.NotOnCPU(t, int(gpu), "memory that may be used up")
	// A feature map takes 7 GB, and a step keeps about forty; a larger map would be more than libtorch's padding can index.
	const batch = 15000
	big := onGPU(t, gpu, fmt.Sprintf("train.batch=%d", batch), "refiner.width=64", "refiner.blocks=10", "data.resident=on", "train.precision=float32")
	dir := t.TempDir()
	if err := Run(context.Background(), big, Options{Dir: filepath.Join(dir, "big"), Out: io.Discard}); !errors.Is(err, cgo.ErrOutOfMemory) {
		t.Errorf("batch %d: %v", batch, err)
	}
	train(t, onGPU(t, gpu), filepath.Join(dir, "small"), false)
}

// In 1,000 steps the device's memory neither grows nor does anything of it stay.
func TestGPUMemoryIsFlat(t *testing.T) {
	gpu := needGPU(t)
	gputest.NotOnCPU(t, int(gpu), "the tensors' own bytes")
	before, _, err := cgo.Memory(gpu)
	if err != nil {
		t.Fatal(err)
	}
	memory := &memoryAtLines{device: gpu}
	config := onGPU(t, gpu, "train.steps=1000", "log.every=100", "log.samples_every=0", "log.checkpoint_every=0", "guard.patience=0")
	if err := Run(context.Background(), config, Options{Dir: filepath.Join(t.TempDir(), "run"), Out: memory}); err != nil {
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
		t.Errorf("%d bytes are in use behind the run, %d before it, %v", after, before, err)
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
func onGPU(t *testing.T, gpu cgo.Device, settings ...string) Config {
	t.Helper()
	return small(t, append([]string{"device=" + gpu.String()}, settings...)...)
}

// bare is a preset without all that Measure's firstLosses leaves out.
func bare(t *testing.T, preset string, settings ...string) Config {
	t.Helper()
	c, err := LoadConfig(preset, "", append([]string{
		"train.history=0", "train.ema=0", "train.r1=0", "refiner.noise.kind=none", "train.lr_decay=none", "train.k_g=2", "train.k_d=1",
	}, settings...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// nearLosses wants every loss within the part tolerance of the wanted one.
func nearLosses(t *testing.T, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%d losses, want %d", len(got), len(want))
	}
	for i := range want {
		if off := math.Abs(got[i]/want[i] - 1); !(off <= tolerance) {
			t.Errorf("loss %d is %v, want %v: %.2g apart, %g are allowed", i, got[i], want[i], off, tolerance)
		}
	}
}

// logged is one loss of a run's metrics, line by line, where Algorithm 1 wrote it.
func logged(t *testing.T, dir, loss string) (values []float64) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var line map[string]any
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if v, ok := line[loss].(float64); ok && line["phase"] == PhaseTrain {
			values = append(values, v)
		}
	}
	return values
}
