package models

import (
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/models/architecture"
)

// R uses Winograd's convolutions or AMX if config and processor allow it, for every batch, and gets the result of
// libtorch's layers. Otherwise an error says why it keeps these.
func TestCPUKernels(t *testing.T) {
	start(t)
	amx := func(r *Refiner) error { return r.UseAMX() }
	winograd := func(r *Refiner) error { return r.UseWinograd() }
	for name, c := range map[string]struct {
		change func(c *architecture.Refiner)
		use    func(r *Refiner) error
		has    bool
		limit  float64
		why    string // in the error; "": none
	}{
		"zeros":       {func(c *architecture.Refiner) { c.Padding = "zeros" }, winograd, cgo.HasWinograd(), 1e-5, ""},
		"replicate":   {func(c *architecture.Refiner) { c.Padding = "replicate" }, winograd, cgo.HasWinograd(), 1e-5, ""},
		"reflect":     {func(c *architecture.Refiner) { c.Padding = "reflect" }, winograd, true, 0, "reflect"},
		"7x7":         {func(c *architecture.Refiner) { c.BlockKernel = 7 }, winograd, true, 0, "block_kernel"},
		"width 12":    {func(c *architecture.Refiner) { c.Width = 12 }, winograd, true, 0, "width"},
		"batch":       {func(c *architecture.Refiner) { c.Normalization = "batch" }, winograd, true, 0, "normalization"},
		"amx":         {func(c *architecture.Refiner) { c.BlockKernel, c.Width = 7, 12 }, amx, cgo.HasAMX(), 0.02, ""},
		"amx reflect": {func(c *architecture.Refiner) { c.Padding = "reflect" }, amx, true, 0, "reflect"},
	} {
		config := paper
		config.Width, config.Blocks = 16, 2
		c.change(&config)
		r, err := NewRefiner(config, 1)
		if err != nil {
			t.Fatal(err)
		}
		err = c.use(r)
		switch {
		case !c.has && err == nil:
			t.Errorf("%s: used on a processor that lacks it", name)
		case c.has && c.why == "" && err == nil:
			sameAsLayers(t, name, r, c.limit)
		case c.has && (err == nil || c.why == "" || !strings.Contains(err.Error(), c.why)):
			t.Errorf("%s: %v, want an error about %q", name, err, c.why)
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
