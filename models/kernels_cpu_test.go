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

// The estimators' convolutions give by kernels what they give layer by layer, for every batch, with the same gradients.
func TestEstimatorsUseCPUKernels(t *testing.T) {
	start(t)
	gaze, err := NewGazeEstimator(1, 35, 55, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer gaze.Close()
	small, err := NewImageEstimator(3, 35, 55, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	large, err := NewImageEstimator(1, 128, 131, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer large.Close()
	for name, c := range map[string]struct {
		use     func(bfloat bool)
		kernels *Kernels
		network convNet
		shape   []int64
	}{
		"gaze":  {gaze.UseCPUKernels, &gaze.Kernels, gaze, []int64{3, 1, 35, 55}},
		"small": {small.UseCPUKernels, &small.Kernels, small, []int64{3, 3, 35, 55}},
		"large": {large.UseCPUKernels, &large.Kernels, large, []int64{1, 1, 128, 131}},
	} {
		// In bfloat16 some windows have another greatest value, to which their gradient goes.
		for bfloat, limit := range map[bool]float64{true: 0.3, false: 1e-4} {
			has := cgo.HasAMX()
			if !bfloat {
				has = cgo.HasWinograd()
			}
			c.kernels.path = nil
			if c.use(bfloat); has != (c.kernels.path != nil) {
				t.Errorf("%s, bfloat16 %v: kernels used: %v, on a processor that has them: %v", name, bfloat, !has, has)
			}
			if has {
				sameGradients(t, name, c.network, c.kernels, c.shape, limit)
			}
		}
	}
}

// sameGradients compares the maps of a network and the gradients of its filters, by kernels and layer by layer.
func sameGradients(t *testing.T, name string, n convNet, k *Kernels, shape []int64, limit float64) {
	t.Helper()
	err := cgo.Within(func(s *cgo.Scope) error {
		g, err := cgo.NewGenerator(cgo.CPU, 1)
		if err != nil {
			return err
		}
		defer g.Close()
		x := s.Randn(g, shape...)
		byKernels, ok := k.forward(s, x, true)
		if !ok {
			t.Errorf("%s: the kernels fail", name)
			return nil
		}
		byLayers := n.Layers(s, x, true)
		weights := s.Randn(g, s.Shape(byLayers)...)
		table, _ := n.kernelTable()
		leaves := filters(n, table)
		values := func(y cgo.Tensor) (out [][]float32) {
			for _, tensor := range append([]cgo.Tensor{y}, gradientsOf(t, s, s.Sum(s.Mul(y, weights)), leaves)...) {
				v, err := cgo.Read(tensor)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, v)
			}
			return out
		}
		got, want := values(byKernels), values(byLayers)
		for i := range want {
			if d := relativeDistance(got[i], want[i]); !(d < limit) {
				t.Errorf("%s, value %d: %.2g apart, limit %g", name, i, d, limit)
			}
		}
		return s.Err()
	})
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// gradientsOf returns the leaves' gradients of the loss and drops them from the leaves.
func gradientsOf(t *testing.T, s *cgo.Scope, loss cgo.Tensor, leaves []cgo.Tensor) (out []cgo.Tensor) {
	t.Helper()
	if err := s.Backward(loss); err != nil {
		t.Fatal(err)
	}
	for _, l := range leaves {
		out = append(out, s.Grad(l))
	}
	if err := cgo.DropGrads(leaves); err != nil {
		t.Fatal(err)
	}
	return out
}
