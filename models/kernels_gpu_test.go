package models

import (
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/internal/gputest"
	"simgan/models/architecture"
)

// isRight judges cuDNN's kernels in a trial; whether they are faster is told, not asked. The CPU in a GPU's place takes the reference
// kernels.
func isRight(t *testing.T, gpu cgo.Device, begun *trial, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	way := convPath(cuDNNPath)
	if gpu == cgo.CPU {
		way = fusedPath
	}
	speedup, err := new(Kernels).tryPath(begun, way, libtorchPath, gpu)
	if err != nil && !strings.Contains(err.Error(), "times as long") {
		t.Fatal(err)
	}
	t.Logf("%.2f times as fast as libtorch's layers", speedup)
}

// The fused refiner computes what libtorch's layers compute, with either padding, our own kernels making replicate's border.
func TestGPUFusedRefinerIsRight(t *testing.T) {
	start(t)
	gpu := cgo.Device(gputest.Need(t, cgo.CUDADevices))
	if err := cgo.OwnKernels(gpu); err != nil && gpu != cgo.CPU {
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
		t.Run(name, func(t *testing.T) { // in a goroutine of its own
			start(t)
			_, padding, _ := strings.Cut(name, " ")
			c.config.Padding = architecture.Padding(padding)
			if gpu == cgo.CPU {
				c.n, c.h, c.w, c.config.Width = 2, 9, 11, 8
			}
			begun, err := refiner(t, c.config).newTrial(c.n, c.h, c.w)
			isRight(t, gpu, begun, err)
		})
	}
}

// So does the fused discriminator, the images' gradient too.
func TestGPUFusedDiscriminatorIsRight(t *testing.T) {
	start(t)
	gpu := cgo.Device(gputest.Need(t, cgo.CUDADevices))
	for layers, size := range map[architecture.Layers][3]int{"gaze": {512, 35, 55}, "hand": {16, 224, 224}} {
		t.Run(string(layers), func(t *testing.T) {
			start(t)
			width := 1.0
			if gpu == cgo.CPU {
				size, width = [3]int{2, 32, 40}, 0.25
			}
			begun, err := discriminator(t, layers, width).newTrial(size[0], size[1], size[2])
			isRight(t, gpu, begun, err)
		})
	}
}
