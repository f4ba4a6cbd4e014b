package cgo

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"testing"
)

// Sizes that 4x4 tiles divide, and sizes that they do not; several chunks of tiles; channels in vectors of 8 and 16,
// and 12, which is neither. The gaze discriminator has a 3x3 layer among strided ones.
var winogradCases = []fusedCase{
	refinerCase(1, 0, 8, 12, 16, 3, 3, Zeros), refinerCase(1, 7, 35, 55, 24, 3, 3, Zeros),
	refinerCase(3, 0, 1, 2, 8, 3, 3, Zeros),
	refinerCase(8, 0, 9, 7, 12, 3, 3, Zeros), discriminatorCase(1, 35, 55, false),
	refinerCase(1, 7, 35, 55, 24, 3, 3, Replicate), refinerCase(1, 0, 5, 6, 8, 5, 3, Replicate),
	refinerCase(8, 0, 2, 9, 40, 3, 3, Replicate), refinerCase(1, 0, 9, 7, 16, 5, 5, Replicate),
}

func needWinograd(t *testing.T) {
	t.Helper()
	if !HasWinograd() {
		t.Skip("this processor has no AVX2 or no FMA")
	}
}

func (n fusedCase) winograd(s *Scope, x Tensor, leaves []Tensor) (Tensor, error) {
	return s.FusedLayers(x, leaves[1:], n.table, n.padding, WinogradKernels, Float32)
}

// The rounding error of Winograd's sums is about twice that of plain sums.
func TestWinogradEqualsAutograd(t *testing.T) {
	needWinograd(t)
	withCases(t, winogradCases, func(s *Scope, leaves []Tensor, v Tensor, c fusedCase) {
		y := c.plain(s, leaves)
		out := read(t, s, y)
		want := gradients(t, s, y, v, leaves)
		fast, err := c.winograd(s, leaves[0], leaves)
		if err != nil {
			t.Fatal(err)
		}
		if d := apart(read(t, s, fast), out); !(d < 3e-6) {
			t.Errorf("%s: results are %.2g apart", describe(leaves[0]), d)
		}
		for i, got := range gradients(t, s, fast, v, leaves) {
			if d := apart(got, want[i]); !(d < 1e-5) {
				t.Errorf("%s, leaf %d of %s: gradients are %.2g apart", describe(leaves[0]), i, describe(leaves[i]), d)
			}
		}
	})
}

// With several threads, each sums its share of a gradient: results differ by rounding only, and are the same bytes each
// time.
func TestWinogradByThreads(t *testing.T) {
	needWinograd(t)
	var want, first [][]float32
	for _, threads := range []int{1, 3, 3} {
		withCases(t, winogradCases[1:2], func(s *Scope, leaves []Tensor, v Tensor, c fusedCase) {
			if _, err := Start(threads); err != nil {
				t.Fatal(err)
			}
			y, err := c.winograd(s, leaves[0], leaves)
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
				for i := range got {
					if d := apart(got[i], want[i]); !(d < 3e-6) || !slices.Equal(got[i], first[i]) {
						t.Errorf("value %d: %.2g from one thread's, again the same: %v", i, d, slices.Equal(got[i], first[i]))
					}
				}
			}
		})
	}
}

// The bytes do not depend on the processor, so that a run goes on exactly on another one: vectors of 8 channels (AVX2)
// and of 16 (AVX-512) give the same sums. The last bias's gradient is libtorch's sum. The hash was computed with
// AVX-512. TestProcessorLimits compares it with AVX2.
func TestWinogradBytes(t *testing.T) {
	needWinograd(t)
	lockThread(t)
	n := fusedCase{c: 16, h: 13, w: 18, padding: Replicate}
	n.add(32, 3, FusedLayer{Stride: 1})
	n.add(32, 3, FusedLayer{Stride: 1})
	n.add(32, 3, FusedLayer{Stride: 1, Residual: true})
	n.add(16, 3, FusedLayer{Stride: 1})
	err := Within(func(s *Scope) error {
		next := uint32(0)
		draw := func(scale float32, shape ...int64) Tensor { // Knuth's multiplicative hash, in (-scale, scale)
			values := make([]float32, TensorInfo{Shape: shape}.Numel())
			for i := range values {
				next++
				values[i] = scale * (float32(next*2654435761>>24) - 127.5) / 128
			}
			return s.Detach(s.From(values, CPU, shape...))
		}
		leaves := []Tensor{draw(1, 2, n.c, n.h, n.w)}
		for l, in := 0, n.c; l < len(n.filters); l++ {
			leaves = append(leaves, draw(0.125, n.filters[l].out, in, 3, 3), draw(1, n.filters[l].out))
			in = n.filters[l].out
		}
		if err := RequireGrad(leaves, true); err != nil {
			return err
		}
		y, err := n.winograd(s, leaves[0], leaves)
		if err == nil {
			err = s.Backward(s.Sum(s.Mul(y, draw(1, s.Shape(y)...))))
		}
		if err != nil {
			return err
		}
		hash := fnv.New64a()
		for _, x := range append([]Tensor{y}, leaves[:len(leaves)-1]...) {
			if x.T != y.T {
				x = s.Grad(x)
			}
			if err := binary.Write(hash, binary.LittleEndian, read(t, s, x)); err != nil {
				return err
			}
		}
		if got := hash.Sum64(); got != winogradHash {
			t.Errorf("the hash of results and gradients is %#x, want %#x", got, uint64(winogradHash))
		}
		return s.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

const winogradHash = 0xdee151bf3a3c945f

// NaN must reach the loss, where training stops for it.
func TestWinogradKeepsNaN(t *testing.T) {
	needWinograd(t)
	withCases(t, winogradCases[:1], func(s *Scope, leaves []Tensor, _ Tensor, c fusedCase) {
		y, err := c.winograd(s, s.Scale(leaves[0], math.NaN()), leaves)
		if err != nil {
			t.Fatal(err)
		}
		if sum := read(t, s, s.Sum(y)); !math.IsNaN(float64(sum[0])) {
			t.Errorf("the sum of results for NaN is %v", sum[0])
		}
	})
}
