package models

import (
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/internal/gputest"
	"simgan/models/architecture"
)

// checkKernels compares cuDNN's kernels with libtorch's layers in the trial. It logs the speed and does not require
// any. If the CPU replaces the GPU, the reference kernels are compared.
func checkKernels(t *testing.T, gpu cgo.Device, begun *trial, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	path := convPath(cuDNNPath)
	if gpu == cgo.CPU {
		path = fusedPath
	}
	speedup, err := new(Kernels).tryPath(begun, path, libtorchPath, gpu)
	if err != nil && !strings.Contains(err.Error(), "times as long") {
		t.Fatal(err)
	}
	t.Logf("%.2f times as fast as libtorch's layers", speedup)
}

// The fused refiner computes what libtorch's layers compute, with either padding. Our kernels write replicate's border.
func TestGPUFusedRefinerIsRight(t *testing.T) {
	start(t)
	gpu := cgo.Device(gputest.Need(t, cgo.CUDADevices))
	if err := cgo.LoadDeviceKernels(gpu); err != nil && gpu != cgo.CPU {
		t.Error(err)
	}
	hand := paper
	hand.Blocks, hand.Kernel, hand.BlockKernel = 10, 7, 7
	for name, c := range map[string]struct {
		config  architecture.Refiner
		n, h, w int
	}{
		"gaze zeros": {paper, 512, 35, 55}, "gaze replicate": {paper, 512, 35, 55},
		"hand zeros": {hand, 16, 224, 224}, "hand replicate": {hand, 16, 224, 224},
	} {
		t.Run(name, func(t *testing.T) { // in its own goroutine
			start(t)
			_, padding, _ := strings.Cut(name, " ")
			c.config.Padding = architecture.Padding(padding)
			if gpu == cgo.CPU {
				c.n, c.h, c.w, c.config.Width = 2, 9, 11, 8
			}
			begun, err := refiner(t, c.config).newTrial(c.n, c.h, c.w)
			checkKernels(t, gpu, begun, err)
		})
	}
}

// The fused discriminator computes what libtorch's layers compute, the gradient of the images too.
func TestGPUFusedDiscriminatorIsRight(t *testing.T) {
	start(t)
	gpu := cgo.Device(gputest.Need(t, cgo.CUDADevices))
	for layers, size := range map[architecture.Layers][3]int{"gaze": {1024, 35, 55}, "hand": {32, 224, 224}} {
		t.Run(string(layers), func(t *testing.T) {
			start(t)
			width := 1.0
			if gpu == cgo.CPU {
				size, width = [3]int{2, 32, 40}, 0.25
			}
			begun, err := discriminator(t, layers, width).newTrial(size[0], size[1], size[2])
			checkKernels(t, gpu, begun, err)
		})
	}
}
