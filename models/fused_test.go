package models

import (
	"errors"
	"strings"
	"testing"
	"time"

	"simgan/cgo"
	"simgan/models/architecture"
)

// reference is the fused way on libtorch's reference kernels with maps of the type.
func reference(kind cgo.Type) trunk {
	return func(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error) {
		table, padding := n.rows()
		return s.FusedLayers(x, Tensors(n.Params()), table, padding, cgo.ReferenceKernels, kind)
	}
}

var fusedWay = reference(cgo.BFloat16)

func smallRefiner(t *testing.T, padding architecture.Padding) *Refiner {
	c := paper
	c.Width, c.Blocks, c.Padding = 8, 2, padding
	return refiner(t, c)
}

// trialOf is the trial of a network for 4 images of 9 x 11.
func trialOf(t *testing.T, n interface {
	trial(n, h, w int) (*trial, error)
}) *trial {
	t.Helper()
	made, err := n.trial(4, 9, 11)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// after is a way that has something done to its result.
func after(change func(s *cgo.Scope, y cgo.Tensor) cgo.Tensor) trunk {
	return func(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error) {
		y, err := fusedWay(s, n, x)
		if err != nil {
			return y, err
		}
		return change(s, y), s.Err()
	}
}

// Whatever is wrong with the kernels, a run goes on with libtorch's layers and says why. That a way is not faster (the
// reference kernels are not) is what is found last: what gets that far was right.
func TestFuseRefusesWhatIsWrongOrSlow(t *testing.T) {
	start(t)
	slow := "times as long as libtorch's layers"
	for name, c := range map[string]struct {
		way  trunk
		want string
	}{
		"right, slow": {after(func(_ *cgo.Scope, y cgo.Tensor) cgo.Tensor {
			time.Sleep(100 * time.Millisecond)
			return y
		}), slow},
		"wrong result": {after(func(s *cgo.Scope, y cgo.Tensor) cgo.Tensor { return s.Scale(y, 1.2) }), "its result is"},
		"half the gradient": {after(func(s *cgo.Scope, y cgo.Tensor) cgo.Tensor {
			return s.Scale(s.Add(y, s.Detach(y)), 0.5)
		}), "its gradient of stem.weight is"},
		"a forgotten bias": {func(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error) {
			params := Tensors(n.Params())
			params[5] = s.Scale(params[5], 0) // of the first block's second convolution
			table, padding := n.rows()
			return s.FusedLayers(x, params, table, padding, cgo.ReferenceKernels, cgo.BFloat16)
		}, "its result is"},
		"another padding": {func(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error) {
			table, _ := n.rows()
			return s.FusedLayers(x, Tensors(n.Params()), table, cgo.Replicate, cgo.ReferenceKernels, cgo.BFloat16)
		}, "its result is"},
		"an error": {func(*cgo.Scope, fusable, cgo.Tensor) (cgo.Tensor, error) {
			return cgo.Tensor{}, errors.New("cuDNN has no plan")
		}, "cuDNN has no plan"},
		"wrong for half a batch": {func(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error) {
			y, err := fusedWay(s, n, x)
			if shape := s.Shape(y); err == nil && shape[0] == 2 {
				y = s.Zeros(cgo.Float32, cgo.CPU, shape...)
			}
			return y, err
		}, "its result for half a batch is"},
	} {
		r := smallRefiner(t, "zeros")
		if _, err := r.fuseWith(trialOf(t, r), c.way, layerByLayer, cgo.CPU); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if r.fused != nil {
			t.Errorf("%s: is used all the same", name)
		}
	}
}

// A way that is right and faster is taken, for training batches only.
func TestFuseTakesWhatPays(t *testing.T) {
	for _, padding := range []architecture.Padding{"zeros", "replicate"} {
		t.Run(string(padding), func(t *testing.T) { fuseTakesWhatPays(t, padding) })
	}
}

func fuseTakesWhatPays(t *testing.T, padding architecture.Padding) {
	start(t)
	r := smallRefiner(t, padding)
	plain := func(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error) {
		time.Sleep(200 * time.Millisecond)
		return layerByLayer(s, n, x)
	}
	speedup, err := r.fuseWith(trialOf(t, r), fusedWay, plain, cgo.CPU)
	if err != nil || speedup < 1 || r.fused == nil {
		t.Fatalf("%.2f times as fast, but refused: %v", speedup, err)
	}
	err = cgo.Within(func(s *cgo.Scope) error {
		calls := 0
		r.fused = func(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error) {
			calls++
			return fusedWay(s, n, x)
		}
		x := s.Zeros(cgo.Float32, cgo.CPU, 2, 1, 9, 11)
		r.Forward(s, x, cgo.Tensor{}, false)
		if calls != 0 {
			t.Error("a sample grid goes through the fused trunk")
		}
		r.Forward(s, x, cgo.Tensor{}, true)
		if calls != 1 {
			t.Error("a training batch does not go through the fused trunk")
		}
		return s.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

// An error of the fused trunk in the middle of a run is told once, and libtorch's layers go on.
func TestFusedTrunkFallsBack(t *testing.T) {
	start(t)
	r := smallRefiner(t, "zeros")
	var told []error
	r.Unfused = func(err error) { told = append(told, err) }
	err := cgo.Within(func(s *cgo.Scope) error {
		x := s.Zeros(cgo.Float32, cgo.CPU, 2, 1, 9, 11)
		want, err := cgo.Read(r.Forward(s, x, cgo.Tensor{}, true))
		if err != nil {
			return err
		}
		r.fused = onCuDNN // whose library is not here, or refuses tensors that are on no GPU
		for range 2 {
			got, err := cgo.Read(r.Forward(s, x, cgo.Tensor{}, true))
			if err != nil {
				return err
			}
			if distance(got, want) != 0 {
				t.Error("the result differs from the layers'")
			}
		}
		return s.Err()
	})
	if err != nil {
		t.Error(err)
	}
	if len(told) != 1 || r.fused != nil {
		t.Errorf("told %v", told)
	}
}

func TestFuseSaysWhatHasNoKernels(t *testing.T) {
	start(t)
	for want, change := range map[string]func(c *architecture.Refiner){
		"refiner.padding reflect":     func(c *architecture.Refiner) { c.Padding = "reflect" },
		"refiner.normalization batch": func(c *architecture.Refiner) { c.Normalization = "batch" },
		"even filter sizes":           func(c *architecture.Refiner) { c.BlockKernel = 4 },
		"it is for a GPU":             func(*architecture.Refiner) {},
	} {
		c := paper
		c.Width, c.Blocks = 8, 1
		change(&c)
		r, err := NewRefiner(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Fuse(cgo.CPU, true, 2, 9, 11); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		r.Close()
	}
}
