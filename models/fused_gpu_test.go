package models

import (
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/internal/gputest"
)

// The fused refiner computes what libtorch's layers compute, with either padding; whether it is faster is told, not asked. The CPU in a GPU's place
// takes the reference kernels.
func TestGPUFusedRefinerIsRight(t *testing.T) {
	if err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	gpu := cgo.Device(gputest.Need(t, cgo.CUDADevices))
	hand := paper
	hand.Blocks, hand.Kernel, hand.BlockKernel = 10, 7, 7
	for name, c := range map[string]struct {
		config  RefinerConfig
		n, h, w int
	}{
		"gaze zeros": {paper, 512, 35, 55}, "gaze replicate": {paper, 512, 35, 55},
		"hand zeros": {hand, 16, 224, 224}, "hand replicate": {hand, 16, 224, 224},
	} {
		t.Run(name, func(t *testing.T) { // in a goroutine of its own
			start(t)
			_, c.config.Padding, _ = strings.Cut(name, " ")
			way := trunk(onCuDNN)
			if gpu == cgo.CPU {
				way, c.n, c.h, c.w, c.config.Width = fusedWay, 2, 9, 11, 8
			}
			speedup, err := refiner(t, c.config).fuseWith(way, layerByLayer, gpu, c.n, c.h, c.w)
			if err != nil && !strings.Contains(err.Error(), "times as long") {
				t.Fatal(err)
			}
			t.Logf("%.2f times as fast as libtorch's layers", speedup)
		})
	}
}
