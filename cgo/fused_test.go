package cgo

import (
	"math"
	"strings"
	"testing"

	"github.com/wangkuiyi/gotorch/nn/functional"
)

// fusedCase is a small network for images of c x h x w: the layers of the table, with filters of size r for out maps each.
type fusedCase struct {
	c, h, w int64
	filters []struct{ out, r int64 }
	table   []FusedLayer
	padding Padding
}

func (n *fusedCase) add(out, r int64, l FusedLayer) {
	n.filters = append(n.filters, struct{ out, r int64 }{out, r})
	n.table = append(n.table, l)
}

// refinerCase is a refiner for c channels, and k more (noise), with two blocks: the sizes of the stem's filters and of the blocks'.
func refinerCase(c, k, h, w, width, stem, block int64, padding Padding) fusedCase {
	n := fusedCase{c: c + k, h: h, w: w, padding: padding}
	n.add(width, stem, FusedLayer{Stride: 1})
	for range 2 {
		n.add(width, block, FusedLayer{Stride: 1})
		n.add(width, block, FusedLayer{Stride: 1, Residual: true})
	}
	n.add(c, 1, FusedLayer{Stride: 1})
	return n
}

// discriminatorCase is a narrow discriminator: three strided layers or two, as for hands or for gaze, with a pool between.
func discriminatorCase(c, h, w int64, hand bool) fusedCase {
	n := fusedCase{c: c, h: h, w: w}
	if hand {
		n.add(12, 7, FusedLayer{Stride: 4})
		n.add(8, 5, FusedLayer{Stride: 2, Pool: 3, PoolStride: 2})
		n.add(16, 3, FusedLayer{Stride: 2})
	} else {
		n.add(12, 3, FusedLayer{Stride: 2})
		n.add(8, 3, FusedLayer{Stride: 2, Pool: 3, PoolStride: 1})
		n.add(16, 3, FusedLayer{Stride: 1})
	}
	n.add(8, 1, FusedLayer{Stride: 1})
	n.add(2, 1, FusedLayer{Stride: 1})
	return n
}

// tensors are a batch of 3, weight and bias of each layer, none of them zero, and what the result is multiplied with to become a loss.
// All but the last take gradients.
func (n fusedCase) tensors(s *Scope, g *Generator) (leaves []Tensor, v Tensor) {
	leaf := func(scale float64, shape ...int64) {
		leaves = append(leaves, s.Detach(s.Scale(s.Randn(g, shape...), scale)))
	}
	leaf(1, 3, n.c, n.h, n.w)
	in := n.c
	for _, f := range n.filters {
		leaf(math.Sqrt(2/float64(in*f.r*f.r)), f.out, in, f.r, f.r)
		leaf(0.3, f.out)
		in = f.out
	}
	return leaves, s.Randn(g, s.Shape(n.plain(s, leaves))...)
}

// plain is the same operation by operation, with libtorch's own derivatives.
func (n fusedCase) plain(s *Scope, leaves []Tensor) Tensor {
	x, before := leaves[0], Tensor{} // what this layer reads, and what the one before it read
	for i, l := range n.table {
		w, b := leaves[1+2*i], leaves[2+2*i]
		in, p := x, n.filters[i].r/2
		if n.padding != Zeros && p > 0 {
			in, p = s.Pad(in, p, n.padding), 0
		}
		y := s.Call("conv", func() Tensor {
			return functional.Conv2d(in, w, b, []int64{l.Stride, l.Stride}, []int64{p, p}, []int64{1, 1}, 1)
		}, in, w, b)
		if l.Residual {
			y = s.Add(y, before)
		}
		if i == len(n.table)-1 {
			return s.Float(y)
		}
		y = s.ReLU(y)
		if l.Pool > 0 {
			y = s.MaxPool2d(y, l.Pool, l.PoolStride, l.Pool/2)
		}
		x, before = y, x
	}
	return x
}

func (n fusedCase) fused(s *Scope, leaves []Tensor, kind Type) (Tensor, error) {
	return s.FusedLayers(leaves[0], leaves[1:], n.table, n.padding, ReferenceKernels, kind)
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

// Of the refiners the last two: images smaller than the border, in which an edge pixel stands for up to 16; borders wider than the
// blocks ask for. Of the discriminators: sizes that strides divide, and that they do not.
var fusedCases = []fusedCase{
	refinerCase(1, 0, 7, 9, 16, 3, 3, Zeros), refinerCase(3, 2, 6, 5, 8, 5, 5, Zeros), refinerCase(1, 7, 9, 8, 12, 3, 3, Zeros),
	refinerCase(1, 0, 7, 9, 16, 3, 3, Replicate), refinerCase(3, 2, 9, 8, 12, 7, 7, Replicate),
	refinerCase(1, 7, 2, 3, 16, 7, 7, Replicate), refinerCase(1, 0, 5, 6, 8, 5, 3, Replicate),
	discriminatorCase(1, 12, 16, false), discriminatorCase(3, 15, 13, false),
	discriminatorCase(1, 32, 40, true), discriminatorCase(1, 35, 29, true),
}

// withFused runs f on every case with leaves that take gradients.
func withFused(t *testing.T, f func(s *Scope, leaves []Tensor, v Tensor, c fusedCase)) {
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
		f(s, leaves, v, c)
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
func TestFusedLayersEqualsAutograd(t *testing.T) {
	withFused(t, func(s *Scope, leaves []Tensor, v Tensor, c fusedCase) {
		y := c.plain(s, leaves)
		out := read(t, s, y)
		want := gradients(t, s, y, v, leaves)
		err := Autocast(CPU, func() error { y = c.plain(s, leaves); return s.Err() })
		if err != nil {
			t.Fatal(err)
		}
		outHalf, half := read(t, s, y), gradients(t, s, y, v, leaves)
		for _, kind := range []Type{Float32, BFloat16} {
			fused, err := c.fused(s, leaves, kind)
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

func TestFusedLayersAddsToGradients(t *testing.T) {
	withFused(t, func(s *Scope, leaves []Tensor, v Tensor, c fusedCase) {
		var sum []float32
		for range 2 {
			y, err := c.fused(s, leaves, Float32)
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

// A frozen network still sends gradients to its input, and computes none of its filters; without gradients only forward runs.
func TestFusedLayersComputesWhatIsAsked(t *testing.T) {
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
	withFused(t, func(s *Scope, leaves []Tensor, v Tensor, c fusedCase) {
		run := func() {
			y, err := c.fused(s, leaves, Float32)
			if err == nil {
				err = s.Backward(s.Sum(s.Mul(y, v)))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		n := int64(len(c.table))
		if got := calls(run); got != [3]int64{n, n, n} {
			t.Errorf("calls %v, want one of each for %d layers", got, n)
		}
		if err := RequireGrad(leaves[:1], false); err != nil {
			t.Fatal(err)
		}
		if got := calls(run); got != [3]int64{n, n - 1, n} {
			t.Errorf("calls %v; images take no gradient, so the first layer needs none at its input", got)
		}
		if err := RequireGrad(leaves[1:], false); err != nil {
			t.Fatal(err)
		}
		if err := RequireGrad(leaves[:1], true); err != nil {
			t.Fatal(err)
		}
		if got := calls(run); got != [3]int64{n, n, 0} {
			t.Errorf("frozen: calls %v", got)
		}
		err := NoGrad(func() error {
			y, err := c.fused(s, leaves, Float32)
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

func TestFusedLayersRefuses(t *testing.T) {
	withFused(t, func(s *Scope, leaves []Tensor, _ Tensor, c fusedCase) {
		inner := NewScope()
		defer inner.Close()
		y, err := c.fused(inner, leaves, Float32)
		if err != nil {
			t.Fatal(err)
		}
		inner.Gradient(y, leaves[0])
		if err := inner.Err(); err == nil || !strings.Contains(err.Error(), "second derivative") {
			t.Errorf("a second derivative: %v", err)
		}
		leaves[1] = leaves[3] // filters for other images
		if _, err := c.fused(s, leaves, Float32); err == nil || !strings.Contains(err.Error(), "layer 0") {
			t.Errorf("filters for other channels: %v", err)
		}
		if s.Err() != nil {
			t.Errorf("the scope does not go on: %v", s.Err())
		}
	})
}

// Tables that are none, or have no kernels.
func TestFusedLayersRefuseTables(t *testing.T) {
	own(t)
	for want, change := range map[string]func(c *fusedCase){
		"a weight and a bias a layer":   func(c *fusedCase) { c.table = c.table[1:] },
		"layer 1 has stride 0":          func(c *fusedCase) { c.table[1].Stride = 0 },
		"layer 5 has stride 1 and a po": func(c *fusedCase) { c.table[5].Pool = 3 },
		"what layer 0 adds":             func(c *fusedCase) { c.table[0].Residual = true },
		"what layer 2 adds":             func(c *fusedCase) { c.table[1].Stride = 2 },
		"what layer 5 adds":             func(c *fusedCase) { c.table[5].Residual = true },
		"with strides or pools":         func(c *fusedCase) { c.padding, c.table[0].Stride = Replicate, 2 },
		"neither zeros nor replicate":   func(c *fusedCase) { c.padding = Reflect },
	} {
		err := Within(func(s *Scope) error {
			g, err := NewGenerator(CPU, 5)
			if err != nil {
				return err
			}
			defer g.Close()
			c := refinerCase(1, 0, 7, 9, 16, 3, 3, Zeros)
			leaves, _ := c.tensors(s, g)
			change(&c)
			_, err = c.fused(s, leaves, Float32)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestFusedLayersMemoryStaysFlat(t *testing.T) {
	var before int64
	own(t)
	c := refinerCase(1, 0, 35, 55, 16, 3, 3, Replicate)
	for turn := range 300 {
		err := Within(func(s *Scope) error {
			g, err := NewGenerator(CPU, 5)
			if err != nil {
				return err
			}
			defer g.Close()
			leaves, v := c.tensors(s, g)
			if err := RequireGrad(leaves, true); err != nil {
				return err
			}
			y, err := c.fused(s, leaves, Float32)
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
