package models

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"simgan/cgo"
	"simgan/models/architecture"
)

// referencePath returns the path through the reference kernels, libtorch's operations, with maps of the given type.
func referencePath(kind cgo.Type) convPath {
	return func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
		table, padding := n.kernelTable()
		return s.FusedLayers(x, Tensors(n.Params()), table, padding, cgo.ReferenceKernels, kind)
	}
}

var fusedPath = referencePath(cgo.BFloat16)

func smallRefiner(t *testing.T, padding architecture.Padding) *Refiner {
	c := paper
	c.Width, c.Blocks, c.Padding = 8, 2, padding
	return refiner(t, c)
}

// trialOf returns the trial of a network for 4 images of 9 x 11.
func trialOf(t *testing.T, n interface {
	newTrial(n, h, w int) (*trial, error)
}) *trial {
	t.Helper()
	made, err := n.newTrial(4, 9, 11)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// changedPath returns fusedPath with its result changed.
func changedPath(change func(s *cgo.Scope, y cgo.Tensor) cgo.Tensor) convPath {
	return func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
		y, err := fusedPath(s, n, x)
		if err != nil {
			return y, err
		}
		return change(s, y), s.Err()
	}
}

// Whatever is wrong with the kernels, a run continues with libtorch's layers and says why. Speed is checked last (the
// reference kernels are not faster): kernels that are refused as slow were right.
func TestTryPathRefusesWrongOrSlowKernels(t *testing.T) {
	start(t)
	slow := "times as long as libtorch's layers"
	for name, c := range map[string]struct {
		path convPath
		want string
	}{
		"right, slow": {changedPath(func(_ *cgo.Scope, y cgo.Tensor) cgo.Tensor {
			time.Sleep(100 * time.Millisecond)
			return y
		}), slow},
		"wrong result": {changedPath(func(s *cgo.Scope, y cgo.Tensor) cgo.Tensor {
			return s.Scale(y, 1.2)
		}), "result: relative error"},
		"half the gradient": {changedPath(func(s *cgo.Scope, y cgo.Tensor) cgo.Tensor {
			return s.Scale(s.Add(y, s.Detach(y)), 0.5)
		}), "gradient of stem.weight: relative error"},
		"a forgotten bias": {func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
			params := Tensors(n.Params())
			params[5] = s.Scale(params[5], 0) // of the first block's second convolution
			table, padding := n.kernelTable()
			return s.FusedLayers(x, params, table, padding, cgo.ReferenceKernels, cgo.BFloat16)
		}, "result: relative error"},
		"another padding": {func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
			table, _ := n.kernelTable()
			return s.FusedLayers(x, Tensors(n.Params()), table, cgo.Replicate, cgo.ReferenceKernels, cgo.BFloat16)
		}, "result: relative error"},
		"an error": {func(*cgo.Scope, convNet, cgo.Tensor) (cgo.Tensor, error) {
			return cgo.Tensor{}, errors.New("cuDNN has no plan")
		}, "cuDNN has no plan"},
		"wrong for half a batch": {func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
			y, err := fusedPath(s, n, x)
			if shape := s.Shape(y); err == nil && shape[0] == 2 {
				y = s.Zeros(cgo.Float32, cgo.CPU, shape...)
			}
			return y, err
		}, "result for half a batch: relative error"},
	} {
		r := smallRefiner(t, "zeros")
		_, err := r.Kernels.tryPath(trialOf(t, r), c.path, libtorchPath, cgo.CPU)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if r.Kernels.Used() != NoKernels {
			t.Errorf("%s: the kernels are used all the same", name)
		}
		// A resumed run that used them before uses slow kernels again, and never wrong ones.
		if followed := r.Kernels.Follow(0); followed != (c.want == slow) || (r.Kernels.Used() == 0) != followed {
			t.Errorf("%s: followed %v, used %v", name, followed, r.Kernels.Used())
		}
	}
}

// If libtorch's layers lack the memory for the batch, an eighth of it decides. A batch that cannot be divided fails.
func TestTrialTakesSmallerBatches(t *testing.T) {
	start(t)
	for n, want := range map[int][]int64{64: {64, 8}, 7: {7}} {
		var sizes []int64
		tight := func(s *cgo.Scope, net convNet, x cgo.Tensor) (cgo.Tensor, error) {
			if n := s.Shape(x)[0]; len(sizes) == 0 || sizes[len(sizes)-1] > n && n == 8 {
				sizes = append(sizes, n)
			}
			if s.Shape(x)[0] > 8 || n == 7 {
				return cgo.Tensor{}, fmt.Errorf("layers: %w", cgo.ErrOutOfMemory)
			}
			time.Sleep(50 * time.Millisecond)
			return libtorchPath(s, net, x)
		}
		r := smallRefiner(t, "zeros")
		begin := func(n int) (*trial, error) { return r.newTrial(n, 9, 11) }
		speedup, err := r.Kernels.tryBatches(n, begin, fusedPath, tight, cgo.CPU)
		kept := err == nil && speedup >= 1
		if !slices.Equal(sizes, want) || kept != (n == 64) || !kept && !errors.Is(err, cgo.ErrOutOfMemory) {
			t.Errorf("batches %d, %v, %.2f", sizes, err, speedup)
		}
	}
}

// Slices of a batch give the batch's results and gradients. They are used if they are faster, or if the whole batch
// fails; a resumed run can use either.
func TestSlicesAreTheBatch(t *testing.T) {
	start(t)
	r := smallRefiner(t, "replicate")
	try := func(path convPath) func(*Kernels) (float64, error) {
		return func(k *Kernels) (float64, error) {
			plain := func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
				time.Sleep(100 * time.Millisecond)
				return libtorchPath(s, n, x)
			}
			return k.tryPath(trialOf(t, r), path, plain, cgo.CPU)
		}
	}
	good, wrong := try(inSlices(fusedPath, 2)), try(inSlices(changedPath(func(s *cgo.Scope, y cgo.Tensor) cgo.Tensor {
		return s.Scale(y, 1.2)
	}), 2))
	for _, c := range []struct {
		name  string
		whole float64
		err   error
		try   func(*Kernels) (float64, error)
		used  int
	}{
		{"faster", 0.1, nil, good, 2}, {"slower", 1e6, nil, good, 0}, {"the only way", 0, cgo.ErrOutOfMemory, good, 2},
		{"wrong", 0.1, nil, wrong, 0},
	} {
		var k Kernels
		if c.err == nil {
			k.keep(0, fusedPath)
		}
		if _, err := k.trySlices(c.whole, c.err, 2, c.try); err != nil || k.Used() != c.used {
			t.Errorf("%s: %v, used %d", c.name, err, k.Used())
		}
		if other := 2 - c.used; c.err == nil && k.Follow(other) == (c.name == "wrong") {
			t.Errorf("%s: a resumed run follows: %v", c.name, c.name == "wrong")
		}
	}
}

// Three maps of a slice fit into the cache; batches that nearly do are not cut.
func TestSlice(t *testing.T) {
	hand, replicate := paper, paper
	hand.Blocks, hand.Kernel, hand.BlockKernel = 10, 7, 7
	replicate.Padding = architecture.ReplicatePadding
	for _, c := range []struct {
		config        architecture.Refiner
		n, h, w, want int
	}{
		{paper, 512, 35, 55, 64}, {replicate, 512, 35, 55, 32}, {paper, 64, 35, 55, 0}, {paper, 511, 35, 55, 0},
		{hand, 16, 224, 224, 2}, {hand, 2, 224, 224, 0}, {paper, 2 * 397, 35, 55, 0},
	} {
		if got := Slice(c.config, c.n, c.h, c.w); got != c.want {
			t.Errorf("%d images of %dx%d: slices of %d, want %d", c.n, c.h, c.w, got, c.want)
		}
	}
}

// Kernels that are right and faster are kept, for training batches only.
func TestTryPathKeepsFasterKernels(t *testing.T) {
	for _, padding := range []architecture.Padding{"zeros", "replicate"} {
		t.Run(string(padding), func(t *testing.T) { keepsFasterKernels(t, padding) })
	}
}

func keepsFasterKernels(t *testing.T, padding architecture.Padding) {
	start(t)
	r := smallRefiner(t, padding)
	plain := func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
		time.Sleep(200 * time.Millisecond)
		return libtorchPath(s, n, x)
	}
	speedup, err := r.Kernels.tryPath(trialOf(t, r), fusedPath, plain, cgo.CPU)
	if err != nil || speedup < 1 || r.Kernels.Used() != 0 {
		t.Fatalf("%.2f times as fast, but refused: %v", speedup, err)
	}
	if r.Kernels.Follow(0) || !r.Kernels.Follow(NoKernels) || r.Kernels.Used() != NoKernels || r.Kernels.Follow(2) ||
		!r.Kernels.Follow(0) || r.Kernels.Used() != 0 {
		t.Error("a resumed run does not follow the first one")
	}
	err = cgo.Within(func(s *cgo.Scope) error {
		calls := 0
		r.Kernels.path = func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
			calls++
			return fusedPath(s, n, x)
		}
		x := s.Zeros(cgo.Float32, cgo.CPU, 2, 1, 9, 11)
		r.Forward(s, x, cgo.Tensor{}, false)
		if calls != 0 {
			t.Error("a sample grid uses the kernels")
		}
		r.Forward(s, x, cgo.Tensor{}, true)
		if calls != 1 {
			t.Error("a training batch does not use the kernels")
		}
		return s.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

// An error of the kernels in the middle of a run is reported once, and libtorch's layers replace them.
func TestFailedKernelsFallBackToLayers(t *testing.T) {
	start(t)
	r := smallRefiner(t, "zeros")
	var reported []error
	r.Kernels.OnFailure = func(err error) { reported = append(reported, err) }
	err := cgo.Within(func(s *cgo.Scope) error {
		x := s.Zeros(cgo.Float32, cgo.CPU, 2, 1, 9, 11)
		want, err := cgo.Read(r.Forward(s, x, cgo.Tensor{}, true))
		if err != nil {
			return err
		}
		r.Kernels.path = cuDNNPath // fails: no library, or the tensors are not on a GPU
		for range 2 {
			got, err := cgo.Read(r.Forward(s, x, cgo.Tensor{}, true))
			if err != nil {
				return err
			}
			if relativeDistance(got, want) != 0 {
				t.Error("the result differs from the layers'")
			}
		}
		return s.Err()
	})
	if err != nil {
		t.Error(err)
	}
	if len(reported) != 1 || r.Kernels.path != nil {
		t.Errorf("reported %v", reported)
	}
}

func TestUseGPUKernelsNamesWhatHasNoKernels(t *testing.T) {
	start(t)
	for want, change := range map[string]func(c *architecture.Refiner){
		"refiner.padding reflect":     func(c *architecture.Refiner) { c.Padding = "reflect" },
		"refiner.normalization batch": func(c *architecture.Refiner) { c.Normalization = "batch" },
		"even filter sizes":           func(c *architecture.Refiner) { c.BlockKernel = 4 },
		"need a GPU":                  func(*architecture.Refiner) {},
	} {
		c := paper
		c.Width, c.Blocks = 8, 1
		change(&c)
		r, err := NewRefiner(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.UseGPUKernels(cgo.CPU, true, 2, 9, 11); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		r.Close()
	}
}
