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
	const winograd = "Winograd's convolutions"
	amx := ""
	if cgo.HasAMX() {
		amx = "AMX"
	}
	for name, c := range map[string]struct {
		change func(c *architecture.Refiner)
		bfloat bool
		want   string
	}{
		"zeros":              {func(c *architecture.Refiner) { c.Padding = "zeros" }, false, winograd},
		"replicate":          {func(c *architecture.Refiner) { c.Padding = "replicate" }, false, winograd},
		"reflect":            {func(c *architecture.Refiner) { c.Padding = "reflect" }, false, ""},
		"7x7":                {func(c *architecture.Refiner) { c.BlockKernel = 7 }, false, ""},
		"width 12":           {func(c *architecture.Refiner) { c.Width = 12 }, false, ""},
		"normalization":      {func(c *architecture.Refiner) { c.Normalization = "batch" }, false, ""},
		"bfloat16":           {func(*architecture.Refiner) {}, true, amx},
		"bfloat16, 7x7":      {func(c *architecture.Refiner) { c.BlockKernel = 7 }, true, amx},
		"bfloat16, width 12": {func(c *architecture.Refiner) { c.Width = 12 }, true, amx},
		"bfloat16, reflect":  {func(c *architecture.Refiner) { c.Padding = "reflect" }, true, ""},
	} {
		config := paper
		config.Width, config.Blocks = 16, 2
		c.change(&config)
		r, err := NewRefiner(config, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.UseCPUKernels(c.bfloat); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
		if c.want != "" {
			sameAsLayers(t, name, r, map[bool]float64{false: 1e-5, true: 0.02}[c.bfloat])
		}
		r.Close()
	}
}

// sameAsLayers compares R's images with those of libtorch's layers, in training and outside.
func sameAsLayers(t *testing.T, name string, r *Refiner, limit float64) {
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
			if d := relativeDistance(got, want); calls != 1 || !(d < limit) {
				t.Errorf("%s, training %v: %d calls, images %.2g apart", name, training, calls, d)
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}
