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
	"simgan/internal/nvidia"
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

// watchGPU starts to watch the device. On the CPU, or without nvidia-smi, it records nothing.
func watchGPU(ctx context.Context, device cgo.Device) *gpuWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := &gpuWatch{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		if device != cgo.CPU {
			w.collect(ctx, int(device))
		}
	}()
	return w
}

// collect reads nvidia-smi's lines until ctx ends.
func (w *gpuWatch) collect(ctx context.Context, index int) {
	smi := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits",
		"-lms", "100", "-i", strconv.Itoa(index))
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

// deviceName returns the name of the device for readers of the figures.
func deviceName(d cgo.Device) string {
	if d != cgo.CPU {
		query := exec.Command("nvidia-smi", "--query-gpu=name", "--format=csv,noheader", "-i", strconv.Itoa(int(d)))
		name, err := query.Output()
		if err != nil {
			return strings.Join(nvidia.Models(), ", ")
		}
		return strings.TrimSpace(string(name))
	}
	text, _ := os.ReadFile("/proc/cpuinfo") // absent on no Linux; the name is for readers only
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return fmt.Sprintf("%s, %d threads", strings.TrimSpace(value), runtime.NumCPU())
		}
	}
	return fmt.Sprintf("%s, %d threads", runtime.GOARCH, runtime.NumCPU())
}
