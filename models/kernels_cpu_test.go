package models

import (
	"testing"

	"simgan/cgo"
	"simgan/models/architecture"
)

// R uses Winograd's convolutions where they exist, for every batch, and gets the result of libtorch's layers. Other
// configs keep libtorch's layers.
func TestUseCPUKernels(t *testing.T) {
	start(t)
	if !cgo.HasWinograd() {
		t.Skip("this processor has no AVX2 or no FMA")
	}
	for name, c := range map[string]struct {
		change func(c *architecture.Refiner)
		bfloat bool
		want   bool
	}{
		"zeros":         {func(c *architecture.Refiner) { c.Padding = "zeros" }, false, true},
		"replicate":     {func(c *architecture.Refiner) { c.Padding = "replicate" }, false, true},
		"reflect":       {func(c *architecture.Refiner) { c.Padding = "reflect" }, false, false},
		"7x7":           {func(c *architecture.Refiner) { c.BlockKernel = 7 }, false, false},
		"width 12":      {func(c *architecture.Refiner) { c.Width = 12 }, false, false},
		"normalization": {func(c *architecture.Refiner) { c.Normalization = "batch" }, false, false},
		"bfloat16":      {func(*architecture.Refiner) {}, true, false},
	} {
		config := paper
		config.Width, config.Blocks = 16, 2
		c.change(&config)
		r, err := NewRefiner(config, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.UseCPUKernels(c.bfloat); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if c.want {
			sameAsLayers(t, name, r)
		}
		r.Close()
	}
}

// sameAsLayers compares R's images with those of libtorch's layers, in training and outside.
func sameAsLayers(t *testing.T, name string, r *Refiner) {
	t.Helper()
	err := cgo.Within(func(s *cgo.Scope) error {
		g, err := cgo.NewGenerator(cgo.CPU, 1)
		if err != nil {
			return err
		}
		defer g.Close()
		x := s.Randn(g, 3, 1, 9, 11)
		want, err := cgo.Read(s.Tanh(r.Layers(s, x, true)))
		if err != nil {
			return err
		}
		path := r.Kernels.path
		for _, training := range []bool{true, false} {
			calls := 0
			r.Kernels.path = func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
				calls++
				return path(s, n, x)
			}
			got, err := cgo.Read(r.Forward(s, x, cgo.Tensor{}, training))
			if err != nil {
				return err
			}
			if d := relativeDistance(got, want); calls != 1 || !(d < 1e-5) {
				t.Errorf("%s, training %v: %d calls, images %.2g apart", name, training, calls, d)
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}
