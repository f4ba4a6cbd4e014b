package cgo

// #include "libsimgan/losses.h"
import "C"

// lossMethod says how a loss is computed.
type lossMethod C.sg_loss_method

const (
	autoLoss     lossMethod = C.SG_LOSS_AUTO          // by the device kernel if it is loaded, else by libtorch
	libtorchLoss lossMethod = C.SG_LOSS_LIBTORCH      // by libtorch's operations
	kernelLoss   lossMethod = C.SG_LOSS_DEVICE_KERNEL // by the device kernel, on the CPU by a loop
)

// L1 returns factor times the sum of |a - b|, a float32 scalar.
func (s *Scope) L1(a, b Tensor, factor float64) Tensor { return s.l1(a, b, factor, 0, autoLoss) }

// LimitedL1 is L1 in which a distance of d counts limit (1 - exp(-d / limit)): d if it is small, and at most limit. A
// limit of 0 is none.
func (s *Scope) LimitedL1(a, b Tensor, factor, limit float64) Tensor {
	return s.l1(a, b, factor, limit, autoLoss)
}

func (s *Scope) l1(a, b Tensor, factor, limit float64, method lossMethod) Tensor {
	return s.op("l1", func(out *C.sg_tensor) *C.char {
		return C.sg_l1(ptr(a), ptr(b), C.double(factor), C.double(limit), C.sg_loss_method(method), out)
	}, a, b)
}

// PatchNLL returns factor times the sum over images and patches of -log softmax(logits)[class], a float32 scalar.
// logits are (b, 2, h, w), with the softmax over dimension 1.
func (s *Scope) PatchNLL(logits Tensor, class int64, factor float64) Tensor {
	return s.patchNLL(logits, class, factor, autoLoss)
}

// WeightedPatchNLL is PatchNLL with each patch's term times its weight. weights are (b, 1, h, w) and take no gradient.
func (s *Scope) WeightedPatchNLL(logits, weights Tensor, class int64, factor float64) Tensor {
	return s.op("weighted patch nll", func(out *C.sg_tensor) *C.char {
		return C.sg_weighted_patch_nll(ptr(logits), ptr(weights), C.int64_t(class), C.double(factor), out)
	}, logits, weights)
}

func (s *Scope) patchNLL(logits Tensor, class int64, factor float64, method lossMethod) Tensor {
	return s.op("patch nll", func(out *C.sg_tensor) *C.char {
		return C.sg_patch_nll(ptr(logits), C.int64_t(class), C.double(factor), C.sg_loss_method(method), out)
	}, logits)
}
