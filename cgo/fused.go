package cgo

// #include "fused.h"
import "C"

// Kernels is what the fused refiner is made of.
type Kernels int

// The kernels, numbered as in fused.h.
const (
	ReferenceKernels Kernels = C.SG_KERNELS_REFERENCE // libtorch's operations one by one, on any device
	CuDNNKernels     Kernels = C.SG_KERNELS_CUDNN     // cuDNN's fused ones: a GPU, maps in bfloat16
)

// FusedRefiner takes x (b, c, H, W) through stem, residual blocks and the last 1x1 convolution, (b, C, H, W) float32 before the
// tanh, with a kernel a layer. params are weight and bias of each layer in order; kind is the type of the maps between layers.
// Filters are odd, padding is Zeros or Replicate; there is no second derivative. Its error is its own: the scope goes on.
func (s *Scope) FusedRefiner(x Tensor, params []Tensor, padding Padding, k Kernels, kind Type) (Tensor, error) {
	if s.err != nil {
		return Tensor{}, s.err
	}
	out := s.op("fused refiner", func(out *C.sg_tensor) *C.char {
		p, n := ptrs(params)
		return C.sg_fused_refiner(ptr(x), p, n, C.int(padding), C.int(k), C.int8_t(kind), out)
	}, append([]Tensor{x}, params...)...)
	err := s.err
	s.err = nil
	return out, err
}

// fusedCalls is how often the reference kernels ran: forward, gradient of an input, gradient of filters.
func fusedCalls() (calls [3]int64, err error) {
	var n [3]C.int64_t
	err = check("fused calls", C.sg_fused_calls(&n[0]))
	for i := range n {
		calls[i] = int64(n[i])
	}
	return calls, err
}
