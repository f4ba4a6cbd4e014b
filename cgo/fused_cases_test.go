package cgo

import (
	"math"
	"testing"

	"github.com/wangkuiyi/gotorch/nn/functional"
)

// fusedCase is a small network for images of c x h x w: the layers of the table, and per layer the number and the size
// of its filters.
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

// refinerCase returns a refiner with two blocks, for c image channels and k noise channels. stem and block are sizes of
// filters.
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

// discriminatorCase returns a narrow discriminator with three strided layers for hands or two for gaze, and a pool
// between.
func discriminatorCase(c, h, w int64, hand bool) fusedCase {
	n := fusedCase{c: c, h: h, w: w}
	if hand {
		n.add(12, 7, FusedLayer{Stride: 4})
		n.add(8, 5, FusedLayer{Stride: 2, Pool: 3, PoolStride: 2, PoolPadding: 1})
		n.add(16, 3, FusedLayer{Stride: 2})
	} else {
		n.add(12, 3, FusedLayer{Stride: 2})
		n.add(8, 3, FusedLayer{Stride: 2, Pool: 3, PoolStride: 1, PoolPadding: 1})
		n.add(16, 3, FusedLayer{Stride: 1})
	}
	n.add(8, 1, FusedLayer{Stride: 1})
	n.add(2, 1, FusedLayer{Stride: 1})
	return n
}

// estimatorCase returns convolutions between pools, the last of which ends the network. Two pools leave out pixels, as
// after convolutions without padding.
func estimatorCase(c, h, w int64) fusedCase {
	n := fusedCase{c: c, h: h, w: w}
	n.add(8, 3, FusedLayer{Stride: 1})
	n.add(16, 3, FusedLayer{Stride: 1, Pool: 3, PoolStride: 2, PoolPadding: -2})
	n.add(40, 3, FusedLayer{Stride: 1, Pool: 2, PoolStride: 2})
	n.add(24, 3, FusedLayer{Stride: 1, Pool: 2, PoolStride: 2, PoolPadding: -1})
	return n
}

// tensors returns the leaves, which are a batch of 3 and each layer's weight and bias, none of them zero; and the
// tensor v that the result is multiplied with to become a loss.
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

// plain computes the network operation by operation, with libtorch's own derivatives.
func (n fusedCase) plain(s *Scope, leaves []Tensor) Tensor {
	x, before := leaves[0], Tensor{} // the inputs of this layer and of the one before it
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
		if i < len(n.table)-1 || l.Pool > 0 {
			y = s.ReLU(y)
		}
		if l.Pool > 0 {
			y = s.MaxPool2d(inner(s, y, -l.PoolPadding), l.Pool, l.PoolStride, max(l.PoolPadding, 0))
		}
		x, before = y, x
	}
	return s.Float(x)
}

// inner returns y (b, c, h, w) without the outermost n pixels, or y if n is not above 0.
func inner(s *Scope, y Tensor, n int64) Tensor {
	for dim := range int64(2) {
		if n > 0 {
			y = s.Narrow(y, 2+dim, n, s.Shape(y)[2+dim]-2*n)
		}
	}
	return y
}

func (n fusedCase) fused(s *Scope, leaves []Tensor, kind Type) (Tensor, error) {
	return s.FusedLayers(leaves[0], leaves[1:], n.table, n.padding, ReferenceKernels, kind)
}

// The last two refiners have images smaller than the border, in which an edge pixel is copied up to 15 times, and a
// border wider than the blocks need. The discriminators have sizes that strides divide, and sizes that they do not.
var fusedCases = []fusedCase{
	refinerCase(1, 0, 7, 9, 16, 3, 3, Zeros), refinerCase(3, 2, 6, 5, 8, 5, 5, Zeros),
	refinerCase(1, 7, 9, 8, 12, 3, 3, Zeros),
	refinerCase(1, 0, 7, 9, 16, 3, 3, Replicate), refinerCase(3, 2, 9, 8, 12, 7, 7, Replicate),
	refinerCase(1, 7, 2, 3, 16, 7, 7, Replicate), refinerCase(1, 0, 5, 6, 8, 5, 3, Replicate),
	discriminatorCase(1, 12, 16, false), discriminatorCase(3, 15, 13, false),
	discriminatorCase(1, 32, 40, true), discriminatorCase(1, 35, 29, true),
	estimatorCase(1, 24, 31), estimatorCase(3, 35, 55),
}

// withFused runs f on every case with leaves that take gradients.
func withFused(t *testing.T, f func(s *Scope, leaves []Tensor, v Tensor, c fusedCase)) {
	t.Helper()
	withCases(t, fusedCases, f)
}

func withCases(t *testing.T, cases []fusedCase, f func(s *Scope, leaves []Tensor, v Tensor, c fusedCase)) {
	t.Helper()
	lockThread(t)
	for _, c := range cases {
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

// gradients returns the gradients of all leaves after a backward pass through y, and drops them.
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
