package cgo

// #include "libsimgan/losses.h"
import "C"

// computed is how a loss is: numbered as in losses.h.
type computed int

const (
	best       computed = C.SG_LOSS_BEST     // by our kernels on a GPU that has them (OwnKernels), else by libtorch's operations
	byLibtorch computed = C.SG_LOSS_LIBTORCH // always
	byOurs     computed = C.SG_LOSS_OWN      // always: a loop on the CPU
)

// L1 is factor times the sum of |a - b|, a float32 scalar.
func (s *Scope) L1(a, b Tensor, factor float64) Tensor { return s.l1(a, b, factor, best) }

func (s *Scope) l1(a, b Tensor, factor float64, how computed) Tensor {
	return s.op("l1", func(out *C.sg_tensor) *C.char {
		return C.sg_l1(ptr(a), ptr(b), C.double(factor), C.int(how), out)
	}, a, b)
}

// PatchNLL is factor times the sum over images and patches of -log softmax(logits)[class], the softmax over the class axis of
// (b, 2, h, w): a float32 scalar.
func (s *Scope) PatchNLL(logits Tensor, class int64, factor float64) Tensor {
	return s.patchNLL(logits, class, factor, best)
}

func (s *Scope) patchNLL(logits Tensor, class int64, factor float64, how computed) Tensor {
	return s.op("patch nll", func(out *C.sg_tensor) *C.char {
		return C.sg_patch_nll(ptr(logits), C.int64_t(class), C.double(factor), C.int(how), out)
	}, logits)
}
