package cgo

import (
	"math"
	"strings"
	"testing"

	"github.com/wangkuiyi/gotorch/nn/functional"
)

// fusedCase is a small refiner: c channels in and out, k more in (noise), two blocks; the sizes of the stem's filters and the blocks'.
type fusedCase struct {
	c, k, h, w, width, stem, block int64
	padding                        Padding
}

// tensors are a batch of 3, the refiner's parameters in the order of models.NewRefiner, none of them zero, and what the
// result is multiplied with to become a loss. All but the last take gradients.
func (n fusedCase) tensors(s *Scope, g *Generator) (leaves []Tensor, v Tensor) {
	leaf := func(scale float64, shape ...int64) {
		leaves = append(leaves, s.Detach(s.Scale(s.Randn(g, shape...), scale)))
	}
	layer := func(out, in, r int64) {
		leaf(math.Sqrt(2/float64(in*r*r)), out, in, r, r)
		leaf(0.3, out)
	}
	leaf(1, 3, n.c+n.k, n.h, n.w)
	layer(n.width, n.c+n.k, n.stem)
	for range 4 {
		layer(n.width, n.width, n.block)
	}
	layer(n.c, n.width, 1)
	return leaves, s.Randn(g, 3, n.c, n.h, n.w)
}

// plainRefiner is the same operation by operation, with libtorch's own derivatives.
func plainRefiner(s *Scope, leaves []Tensor, padding Padding) Tensor {
	conv := func(x Tensor, layer int) Tensor {
		w, b := leaves[1+2*layer], leaves[2+2*layer]
		p := s.Shape(w)[2] / 2
		if padding != Zeros && p > 0 {
			x, p = s.Pad(x, p, padding), 0
		}
		return s.Call("conv", func() Tensor {
			return functional.Conv2d(x, w, b, []int64{1, 1}, []int64{p, p}, []int64{1, 1}, 1)
		}, x, w, b)
	}
	h := s.ReLU(conv(leaves[0], 0))
	for l := 1; l < 5; l += 2 {
		h = s.ReLU(s.Add(conv(s.ReLU(conv(h, l)), l+1), h))
	}
	return s.Float(conv(h, 5))
}

func fusedRefiner(s *Scope, leaves []Tensor, padding Padding, kind Type) (Tensor, error) {
	return s.FusedRefiner(leaves[0], leaves[1:], padding, ReferenceKernels, kind)
}

// read is the tensor's values on the host.
func read(t *testing.T, s *Scope, x Tensor) []float32 {
	t.Helper()
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	values, err := Read(x)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// apart is the distance of two vectors beside the length of the second.
func apart(a, b []float32) float64 {
	var d, n float64
	for i := range b {
		d += float64(a[i]-b[i]) * float64(a[i]-b[i])
		n += float64(b[i]) * float64(b[i])
	}
	return math.Sqrt(d / n)
}

// The last two: images smaller than the border, in which an edge pixel stands for up to 16; borders wider than the blocks ask for.
var fusedCases = []fusedCase{
	{1, 0, 7, 9, 16, 3, 3, Zeros}, {3, 2, 6, 5, 8, 5, 5, Zeros}, {1, 7, 9, 8, 12, 3, 3, Zeros},
	{1, 0, 7, 9, 16, 3, 3, Replicate}, {3, 2, 9, 8, 12, 7, 7, Replicate}, {1, 7, 2, 3, 16, 7, 7, Replicate}, {1, 0, 5, 6, 8, 5, 3, Replicate},
}

// withFused runs f on every case with leaves that take gradients.
func withFused(t *testing.T, f func(s *Scope, leaves []Tensor, v Tensor, padding Padding)) {
	t.Helper()
	own(t)
	for _, c := range fusedCases {
		g, err := NewGenerator(CPU, 5)
		if err != nil {
			t.Fatal(err)
		}
		s := NewScope()
		leaves, v := c.tensors(s, g)
		if err := RequireGrad(leaves, true); err != nil {
			t.Fatal(err)
		}
		f(s, leaves, v, c.padding)
		if s.Err() != nil {
			t.Error(s.Err())
		}
		s.Close()
		g.Close()
	}
}

// gradients are those of all leaves after backward through y, dropped again.
func gradients(t *testing.T, s *Scope, y, v Tensor, leaves []Tensor) (out [][]float32) {
	t.Helper()
	if err := s.Backward(s.Sum(s.Mul(s.Tanh(y), v))); err != nil {
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

// The derivatives written by hand are libtorch's. In bfloat16 both round differently: the fused one may be twice as far from
// float32 as libtorch's own under autocast is.
func TestFusedRefinerEqualsAutograd(t *testing.T) {
	withFused(t, func(s *Scope, leaves []Tensor, v Tensor, padding Padding) {
		y := plainRefiner(s, leaves, padding)
		out := read(t, s, y)
		want := gradients(t, s, y, v, leaves)
		err := Autocast(CPU, func() error { y = plainRefiner(s, leaves, padding); return s.Err() })
		if err != nil {
			t.Fatal(err)
		}
		outHalf, half := read(t, s, y), gradients(t, s, y, v, leaves)
		for _, kind := range []Type{Float32, BFloat16} {
			fused, err := fusedRefiner(s, leaves, padding, kind)
			if err != nil {
				t.Fatal(err)
			}
			limit := func(half, want []float32) float64 {
				if kind == Float32 {
					return 1e-5
				}
				return 2*apart(half, want) + 0.01
			}
			if d := apart(read(t, s, fused), out); !(d < limit(outHalf, out)) {
				t.Errorf("%v: results are %.2g apart", kind, d)
			}
			for i, got := range gradients(t, s, fused, v, leaves) {
				if d := apart(got, want[i]); !(d < limit(half[i], want[i])) {
					t.Errorf("type %d, leaf %d of %s: gradients are %.2g apart, %.2g under autocast", kind, i, describe(leaves[i]), d, apart(half[i], want[i]))
				}
			}
		}
	})
}

func TestFusedRefinerAddsToGradients(t *testing.T) {
	withFused(t, func(s *Scope, leaves []Tensor, v Tensor, padding Padding) {
		var sum []float32
		for range 2 {
			y, err := fusedRefiner(s, leaves, padding, Float32)
			if err == nil {
				err = s.Backward(s.Sum(s.Mul(y, v)))
			}
			if err != nil {
				t.Fatal(err)
			}
			values := read(t, s, s.Grad(leaves[3]))
			if sum != nil {
				for i := range sum {
					sum[i] *= 2
				}
				if d := apart(values, sum); !(d < 1e-6) {
					t.Errorf("twice the gradient is %.2g off", d)
				}
			}
			sum = values
		}
	})
}

// A frozen refiner still sends gradients to its input, and computes none of its filters; without gradients only forward runs.
func TestFusedRefinerComputesWhatIsAsked(t *testing.T) {
	calls := func(f func()) (made [3]int64) {
		before, err := fusedCalls()
		if err != nil {
			t.Fatal(err)
		}
		f()
		after, err := fusedCalls()
		if err != nil {
			t.Fatal(err)
		}
		for i := range made {
			made[i] = after[i] - before[i]
		}
		return made
	}
	withFused(t, func(s *Scope, leaves []Tensor, v Tensor, padding Padding) {
		run := func() {
			y, err := fusedRefiner(s, leaves, padding, Float32)
			if err == nil {
				err = s.Backward(s.Sum(s.Mul(y, v)))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := calls(run); got != [3]int64{6, 6, 6} {
			t.Errorf("calls %v, want 6 of each: 6 layers", got)
		}
		if err := RequireGrad(leaves[:1], false); err != nil {
			t.Fatal(err)
		}
		if got := calls(run); got != [3]int64{6, 5, 6} {
			t.Errorf("calls %v; images take no gradient, so the stem needs none at its input", got)
		}
		if err := RequireGrad(leaves[1:], false); err != nil {
			t.Fatal(err)
		}
		if err := RequireGrad(leaves[:1], true); err != nil {
			t.Fatal(err)
		}
		if got := calls(run); got != [3]int64{6, 6, 0} {
			t.Errorf("frozen: calls %v", got)
		}
		err := NoGrad(func() error {
			y, err := fusedRefiner(s, leaves, padding, Float32)
			if err == nil && s.Backward(s.Sum(y)) == nil {
				t.Error("a result without gradients has a derivative")
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestFusedRefinerRefuses(t *testing.T) {
	withFused(t, func(s *Scope, leaves []Tensor, _ Tensor, padding Padding) {
		inner := NewScope()
		defer inner.Close()
		y, err := fusedRefiner(inner, leaves, padding, Float32)
		if err != nil {
			t.Fatal(err)
		}
		inner.Gradient(y, leaves[0])
		if err := inner.Err(); err == nil || !strings.Contains(err.Error(), "second derivative") {
			t.Errorf("a second derivative: %v", err)
		}
		leaves[1] = leaves[3] // a stem for other images
		if _, err := fusedRefiner(s, leaves, padding, Float32); err == nil || !strings.Contains(err.Error(), "layer 0") {
			t.Errorf("filters for other channels: %v", err)
		}
		if s.Err() != nil {
			t.Errorf("the scope does not go on: %v", s.Err())
		}
	})
}

func TestFusedRefinerMemoryStaysFlat(t *testing.T) {
	var before int64
	own(t)
	for turn := range 300 {
		err := Within(func(s *Scope) error {
			g, err := NewGenerator(CPU, 5)
			if err != nil {
				return err
			}
			defer g.Close()
			leaves, v := fusedCase{1, 0, 35, 55, 16, 3, 3, Replicate}.tensors(s, g)
			if err := RequireGrad(leaves, true); err != nil {
				return err
			}
			y, err := fusedRefiner(s, leaves, Replicate, Float32)
			if err != nil {
				return err
			}
			return s.Backward(s.Sum(s.Mul(y, v)))
		})
		if err != nil {
			t.Fatal(err)
		}
		now, _, err := Memory(CPU)
		if err != nil {
			t.Fatal(err)
		}
		if turn == 100 {
			before = now
		}
		if turn == 299 && now > before+4<<20 { // a leak of one map a turn (0.4 MB) would be 74 MB
			t.Errorf("resident memory grew from %d to %d bytes", before, now)
		}
	}
}
