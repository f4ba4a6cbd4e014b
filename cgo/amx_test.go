package cgo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Sizes around the 32 positions that tiles take at once; channels that are no multiple of 32, and more than 32; filters
// up to 7x7, strides and pools.
var amxCases = append([]fusedCase{
	refinerCase(1, 7, 35, 55, 64, 3, 3, Replicate), refinerCase(1, 0, 13, 30, 40, 3, 3, Zeros),
	discriminatorCase(1, 35, 55, false), discriminatorCase(1, 64, 64, true),
}, fusedCases...)

// amxKernels returns the kernels by name: the emulation everywhere, AMX itself if the processor has it.
func amxKernels() map[string]Kernels {
	all := map[string]Kernels{"emulated": emulatedAMXKernels}
	if HasAMX() {
		all["amx"] = AMXKernels
	}
	return all
}

func (n fusedCase) amx(s *Scope, leaves []Tensor, k Kernels) (Tensor, error) {
	return s.FusedLayers(leaves[0], leaves[1:], n.table, n.padding, k, BFloat16)
}

// wholeNumbers returns leaves and v as tensors does, but of small whole numbers, most weights 0: every sum is a whole
// number below 256, which bfloat16 holds exactly.
func (n fusedCase) wholeNumbers(s *Scope) (leaves []Tensor, v Tensor) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(density float64, shape []int64) Tensor {
		values := make([]float32, TensorInfo{Shape: shape}.Numel())
		for i := range values {
			if random.Float64() < density {
				values[i] = float32(2*random.IntN(2) - 1)
			}
		}
		return s.Detach(s.From(values, CPU, shape...))
	}
	leaves = []Tensor{draw(0.5, []int64{3, n.c, n.h, n.w})}
	in := n.c
	for _, f := range n.filters {
		leaves = append(leaves, draw(3/float64(in*f.r*f.r), []int64{f.out, in, f.r, f.r}), draw(0.5, []int64{f.out}))
		in = f.out
	}
	return leaves, draw(0.5, s.Shape(n.plain(s, leaves)))
}

// Of whole numbers, results and all gradients are those of libtorch's layers in float32, but for sums in another order.
func TestAMXEqualsAutograd(t *testing.T) {
	withCases(t, amxCases, func(s *Scope, _ []Tensor, _ Tensor, c fusedCase) {
		leaves, v := c.wholeNumbers(s)
		if err := RequireGrad(leaves, true); err != nil {
			t.Fatal(err)
		}
		values := func(y Tensor) [][]float32 {
			out := [][]float32{read(t, s, y)}
			if err := s.Backward(s.Sum(s.Mul(y, v))); err != nil {
				t.Fatal(err)
			}
			for _, l := range leaves {
				out = append(out, read(t, s, s.Grad(l)))
			}
			if err := DropGrads(leaves); err != nil {
				t.Fatal(err)
			}
			return out
		}
		want := values(c.plain(s, leaves))
		for name, k := range amxKernels() {
			y, err := c.amx(s, leaves, k)
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range values(y) {
				if d := apart(got, want[i]); !(d < 1e-6) {
					t.Errorf("%s, %s, value %d: %.2g apart", describe(leaves[0]), name, i, d)
				}
			}
		}
	})
}

// Without gradients, maps are not kept; a frozen network still sends gradients to its input.
func TestAMXComputesWhatIsAsked(t *testing.T) {
	withCases(t, amxCases[:3], func(s *Scope, leaves []Tensor, v Tensor, c fusedCase) {
		k := emulatedAMXKernels
		run := func() Tensor {
			y, err := c.amx(s, leaves, k)
			if err != nil {
				t.Fatal(err)
			}
			return y
		}
		y := run()
		want := append([][]float32{read(t, s, y)}, gradients(t, s, y, v, leaves)...)
		err := NoGrad(func() error {
			if got := read(t, s, run()); !slices.Equal(got, want[0]) {
				t.Errorf("%s: without gradients results are %.2g apart", describe(leaves[0]), apart(got, want[0]))
			}
			return nil
		})
		if err == nil {
			err = RequireGrad(leaves[1:], false)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := gradients(t, s, run(), v, leaves[:1]); !slices.Equal(got[0], want[1]) {
			t.Errorf("%s: frozen, gradients at the input are %.2g apart", describe(leaves[0]), apart(got[0], want[1]))
		}
	})
}

// With several threads, each sums its share of a gradient: results differ by rounding only, and are the same bytes each
// time.
func TestAMXByThreads(t *testing.T) {
	for name, k := range amxKernels() {
		var want, first [][]float32
		for _, threads := range []int{1, 3, 3} {
			withCases(t, amxCases[1:2], func(s *Scope, leaves []Tensor, v Tensor, c fusedCase) {
				if _, err := Start(threads); err != nil {
					t.Fatal(err)
				}
				y, err := c.amx(s, leaves, k)
				if err != nil {
					t.Fatal(err)
				}
				got := append([][]float32{read(t, s, y)}, gradients(t, s, y, v, leaves)...)
				switch {
				case want == nil:
					want = got
				case first == nil:
					first = got
				default:
					if d := differences(got, want, first); d != "" {
						t.Errorf("%s: %s", name, d)
					}
				}
			})
		}
	}
}

// differences describes values that are not close to want, or not the bytes of again.
func differences(got, want, again [][]float32) (text string) {
	for i := range got {
		if d := apart(got[i], want[i]); !(d < 3e-6) || !slices.Equal(got[i], again[i]) {
			text += fmt.Sprintf("value %d: %.2g from one thread's, again the same: %v; ", i, d, slices.Equal(got[i], again[i]))
		}
	}
	return text
}

// NaN must reach the loss, where training stops for it.
func TestAMXKeepsNaN(t *testing.T) {
	withCases(t, amxCases[1:4], func(s *Scope, leaves []Tensor, _ Tensor, c fusedCase) {
		for name, k := range amxKernels() {
			x := s.Scale(leaves[0], math.NaN())
			y, err := c.amx(s, append([]Tensor{x}, leaves[1:]...), k)
			if err != nil {
				t.Fatal(err)
			}
			if sum := read(t, s, s.Sum(y)); !math.IsNaN(float64(sum[0])) {
				t.Errorf("%s: the sum of results for NaN is %v", name, sum[0])
			}
		}
	})
}
