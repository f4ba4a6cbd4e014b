package cgo

// #include "libsimgan/ops.h"
import "C"

import (
	torch "github.com/wangkuiyi/gotorch"
	"github.com/wangkuiyi/gotorch/nn/functional"
)

// Padding is what a convolution finds outside of its input.
type Padding C.sg_padding

// The paddings.
const (
	Zeros     Padding = C.SG_PADDING_ZEROS
	Reflect   Padding = C.SG_PADDING_REFLECT
	Replicate Padding = C.SG_PADDING_REPLICATE
)

// Add returns a + b.
func (s *Scope) Add(a, b Tensor) Tensor {
	return s.Call("add", func() Tensor { return torch.Add(a, b, 1) }, a, b)
}

// Sub returns a - b.
func (s *Scope) Sub(a, b Tensor) Tensor {
	return s.Call("sub", func() Tensor { return torch.Sub(a, b, 1) }, a, b)
}

// Mul returns a * b, element by element.
func (s *Scope) Mul(a, b Tensor) Tensor {
	return s.Call("mul", func() Tensor { return torch.Mul(a, b) }, a, b)
}

// Sum returns the sum of all elements, a scalar.
func (s *Scope) Sum(x Tensor) Tensor { return s.Call("sum", func() Tensor { return torch.Sum(x) }, x) }

// ReLU returns max(x, 0).
func (s *Scope) ReLU(x Tensor) Tensor {
	return s.Call("relu", func() Tensor { return torch.Relu(x) }, x)
}

// ReLUInPlace returns max(x, 0), written over x. Nothing else may read x.
func (s *Scope) ReLUInPlace(x Tensor) Tensor {
	return s.op("relu", func(out *C.sg_tensor) *C.char { return C.sg_relu_in_place(ptr(x), out) }, x)
}

// AddReLUInPlace returns max(y + x, 0), written over y. Nothing else may read y.
func (s *Scope) AddReLUInPlace(y, x Tensor) Tensor {
	return s.op("add relu", func(out *C.sg_tensor) *C.char { return C.sg_add_relu_in_place(ptr(y), ptr(x), out) }, y, x)
}

// LogSoftmax returns the logarithm of the softmax over a dimension.
func (s *Scope) LogSoftmax(x Tensor, dim int64) Tensor {
	return s.Call("log softmax", func() Tensor { return torch.LogSoftmax(x, dim) }, x)
}

// Tanh returns the hyperbolic tangent.
func (s *Scope) Tanh(x Tensor) Tensor {
	return s.Call("tanh", func() Tensor { return torch.Tanh(x) }, x)
}

// View returns x in another shape. It shares x's data.
func (s *Scope) View(x Tensor, shape ...int64) Tensor {
	return s.Call("view", func() Tensor { return torch.View(x, shape...) }, x)
}

// Flatten returns x of (n, ...) as (n, k), row-major whatever the memory layout.
func (s *Scope) Flatten(x Tensor) Tensor {
	return s.Call("flatten", func() Tensor { return torch.Flatten(x, 1, -1) }, x)
}

// MaxPool2d returns the maximum over k x k windows. Padding is minus infinity.
func (s *Scope) MaxPool2d(x Tensor, k, stride, padding int64) Tensor {
	return s.Call("maxpool2d", func() Tensor {
		size, step, pad := []int64{k, k}, []int64{stride, stride}, []int64{padding, padding}
		return functional.MaxPool2d(x, size, step, pad, []int64{1, 1}, false)
	}, x)
}

// Pad pads height and width by p pixels on every side.
func (s *Scope) Pad(x Tensor, p int64, padding Padding) Tensor {
	return s.op("pad", func(out *C.sg_tensor) *C.char {
		return C.sg_pad(ptr(x), C.int64_t(p), C.sg_padding(padding), out)
	}, x)
}

// Narrow returns x[start : start+length] along dim. It shares x's data.
func (s *Scope) Narrow(x Tensor, dim, start, length int64) Tensor {
	return s.op("narrow", func(out *C.sg_tensor) *C.char {
		return C.sg_narrow(ptr(x), C.int64_t(dim), C.int64_t(start), C.int64_t(length), out)
	}, x)
}

// Cat joins tensors along dim.
func (s *Scope) Cat(dim int64, xs ...Tensor) Tensor {
	return s.op("cat", func(out *C.sg_tensor) *C.char {
		p, n := ptrs(xs)
		return C.sg_cat(p, n, C.int64_t(dim), out)
	}, xs...)
}

// MeanDim returns the mean along dim, which stays with size 1.
func (s *Scope) MeanDim(x Tensor, dim int64) Tensor {
	return s.op("mean", func(out *C.sg_tensor) *C.char { return C.sg_mean_dim(ptr(x), C.int64_t(dim), out) }, x)
}

// AbsSum returns the sum of |x| over all elements, a float32 scalar.
func (s *Scope) AbsSum(x Tensor) Tensor {
	return s.op("abs sum", func(out *C.sg_tensor) *C.char { return C.sg_abs_sum(ptr(x), out) }, x)
}

// SquareSum returns the sum of squares over all elements, a float32 scalar.
func (s *Scope) SquareSum(x Tensor) Tensor {
	return s.op("square sum", func(out *C.sg_tensor) *C.char { return C.sg_square_sum(ptr(x), out) }, x)
}

// RowNorm returns the Euclidean norm of every row of (n, k), as (n).
func (s *Scope) RowNorm(x Tensor) Tensor {
	return s.op("row norm", func(out *C.sg_tensor) *C.char { return C.sg_row_norm(ptr(x), out) }, x)
}

// Scale returns x times a factor.
func (s *Scope) Scale(x Tensor, factor float64) Tensor {
	return s.op("scale", func(out *C.sg_tensor) *C.char { return C.sg_scale(ptr(x), C.double(factor), out) }, x)
}

// PatchHits returns the number of patches of (b, 2, h, w) whose larger logit is the class's, a float32 scalar.
func (s *Scope) PatchHits(logits Tensor, class int64) Tensor {
	return s.op("patch hits", func(out *C.sg_tensor) *C.char {
		return C.sg_patch_hits(ptr(logits), C.int64_t(class), out)
	}, logits)
}

// Enlarge returns x (n, c, h, w), enlarged bilinearly to (n, c, height, width).
func (s *Scope) Enlarge(x Tensor, height, width int64) Tensor {
	return s.op("enlarge", func(out *C.sg_tensor) *C.char {
		return C.sg_enlarge(ptr(x), C.int64_t(height), C.int64_t(width), out)
	}, x)
}

// Nearest returns x (n, c, h, w), enlarged to (n, c, height, width) by repeating values, so that none are mixed.
func (s *Scope) Nearest(x Tensor, height, width int64) Tensor {
	return s.op("nearest", func(out *C.sg_tensor) *C.char {
		return C.sg_nearest(ptr(x), C.int64_t(height), C.int64_t(width), out)
	}, x)
}

// Spread returns x (n, c, 1, 1) as (n, c, height, width). It shares x's data.
func (s *Scope) Spread(x Tensor, height, width int64) Tensor {
	return s.op("spread", func(out *C.sg_tensor) *C.char {
		return C.sg_spread(ptr(x), C.int64_t(height), C.int64_t(width), out)
	}, x)
}

// Rows returns the rows x[index[i]]. index is int64 (n), on x's device. On the CPU an index out of range is an error.
func (s *Scope) Rows(x, index Tensor) Tensor {
	return s.op("rows", func(out *C.sg_tensor) *C.char { return C.sg_rows(ptr(x), ptr(index), out) }, x, index)
}

// PutRows overwrites x[index[i]] with rows[i], in place. Autograd does not see it. index is as in Rows.
func PutRows(x, index, rows Tensor) error {
	return check("put rows", C.sg_rows_put(ptr(x), ptr(index), ptr(rows)), x, index, rows)
}
