package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"simgan/cgo"
)

// peak is the rate that the device reaches in large matrix products.
type peak struct {
	FLOPs float64 `json:"flops_per_second"`
	N     int     `json:"n"`
	Type  string  `json:"type"`
}

// measurePeak multiplies in bfloat16 if the device has it, else in float32.
func measurePeak(device cgo.Device) (p peak, err error) {
	kind, times := cgo.Float32, 2
	p.N, p.Type = 1024, "float32"
	if cgo.HasBFloat16(device) {
		kind, p.Type = cgo.BFloat16, "bfloat16"
	}
	if device != cgo.CPU {
		p.N, times = 8192, 20
	}
	if _, err := cgo.Start(0); err != nil {
		return p, err
	}
	p.FLOPs, err = cgo.ProductRate(device, kind, p.N, times)
	return p, err
}

// gpuWatch records how busy a GPU is: nvidia-smi's utilization.gpu, the share of the last sample period (a sixth of a
// second to one second) in which a kernel ran.
type gpuWatch struct {
	mu      sync.Mutex
	samples []busy
	cancel  context.CancelFunc
	done    chan struct{}
}

type busy struct{ at, share float64 } // Unix seconds, 0 to 1

// watchGPU starts to watch the GPU with that unique name. Without a name, as on the CPU, or without nvidia-smi, it
// records nothing.
func watchGPU(ctx context.Context, uuid string) *gpuWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := &gpuWatch{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		if uuid != "" {
			w.collect(ctx, uuid)
		}
	}()
	return w
}

// collect reads nvidia-smi's lines until ctx ends. nvidia-smi's numbers are not CUDA's, so it takes the unique name.
func (w *gpuWatch) collect(ctx context.Context, uuid string) {
	smi := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits",
		"-lms", "100", "-i", uuid)
	lines, err := smi.StdoutPipe()
	if err != nil || smi.Start() != nil {
		return // no nvidia-smi: the table has a dash
	}
	for scan := bufio.NewScanner(lines); scan.Scan(); {
		percent, err := strconv.ParseFloat(strings.TrimSpace(scan.Text()), 64)
		if err != nil {
			continue
		}
		w.mu.Lock()
		w.samples = append(w.samples, busy{float64(time.Now().UnixNano()) / 1e9, percent / 100})
		w.mu.Unlock()
	}
	smi.Wait() //nolint:errcheck // it was killed
}

// idle returns the mean share of time without a kernel between two times in Unix seconds, or nil if nothing was
// recorded. The first second is left out, because a sample describes the time before it.
func (w *gpuWatch) idle(from, to float64) *float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	sum, n := 0.0, 0
	for _, s := range w.samples {
		if s.at >= from+1 && s.at <= to {
			sum, n = sum+1-s.share, n+1
		}
	}
	if n == 0 {
		return nil
	}
	mean := sum / float64(n)
	return &mean
}

func (w *gpuWatch) stop() {
	w.cancel()
	<-w.done
}

// place is where contestants run.
type place struct {
	Device      string `json:"device"`                // for readers of the figures
	UUID        string `json:"device_uuid,omitempty"` // of a GPU
	device      cgo.Device
	flag        string   // --device of every contestant
	environment []string // of every contestant
}

// placeOf returns the place of a device. Programs count GPUs in different ways, so each of them sees only this one, as
// "cuda".
func placeOf(device cgo.Device) (place, error) {
	if device == cgo.CPU {
		return place{Device: processorName(), device: device, flag: "cpu"}, nil
	}
	gpu, err := cgo.DriverGPU(device)
	return place{gpu.Name, gpu.UUID, device, "cuda", []string{"CUDA_VISIBLE_DEVICES=" + gpu.UUID}}, err
}

// processorName returns the CPU's name and number of threads.
func processorName() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // absent on no Linux; the name is for readers only
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return fmt.Sprintf("%s, %d threads", strings.TrimSpace(value), runtime.NumCPU())
		}
	}
	return fmt.Sprintf("%s, %d threads", runtime.GOARCH, runtime.NumCPU())
}
