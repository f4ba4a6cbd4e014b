package models

import (
	"testing"

	"simgan/cgo"
)

// A step of the gaze estimator on 32 images, as eval makes them: forward, backward and Adam.
func BenchmarkGazeEstimatorStep(b *testing.B) {
	start(b)
	for _, c := range []struct {
		name            string
		bfloat, kernels bool
	}{
		{"bfloat16 libtorch", true, false}, {"bfloat16 kernels", true, true},
		{"float32 libtorch", false, false}, {"float32 kernels", false, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			start(b)
			g, err := NewGazeEstimator(1, 35, 55, 3)
			if err != nil {
				b.Fatal(err)
			}
			defer g.Close()
			if c.kernels {
				g.UseCPUKernels(c.bfloat)
			}
			benchmarkSteps(b, g, c.bfloat)
		})
	}
}

func benchmarkSteps(b *testing.B, g *GazeEstimator, bfloat bool) {
	b.Helper()
	adam, err := cgo.NewAdam(Tensors(g.Params()), 0.9, 0.999, 1e-8)
	if err != nil {
		b.Fatal(err)
	}
	defer adam.Close()
	const n = 32
	pixels, labels := make([]float32, n*35*55), make([]float32, n*3)
	for i := range pixels {
		pixels[i] = float32(i%251)/125 - 1
	}
	for b.Loop() {
		err := cgo.Gradients(bfloat, cgo.CPU, func(s *cgo.Scope) cgo.Tensor {
			x := s.From(pixels, cgo.CPU, n, 1, 35, 55)
			return LossGaze(s, g.Forward(s, x), s.From(labels, cgo.CPU, n, 3), n)
		})
		if err == nil {
			err = adam.Step(1e-3)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
