package cgo

// #include "libsimgan/fused.h"
import "C"

// Kernels says which kernels compute fused layers.
type Kernels C.sg_kernels

// The kernels of fused layers.
const (
	ReferenceKernels Kernels = C.SG_KERNELS_REFERENCE // libtorch's operations one by one, on any device
	CuDNNKernels     Kernels = C.SG_KERNELS_CUDNN     // cuDNN's fused kernels, on a GPU, with maps in bfloat16
	WinogradKernels  Kernels = C.SG_KERNELS_WINOGRAD  // 3x3 minimal filtering, on the CPU, in float32, if HasWinograd
	AMXKernels       Kernels = C.SG_KERNELS_AMX       // tiles, on the CPU, with maps in bfloat16, if HasAMX
	// AMXKernels without AMX, slowly, for tests.
	emulatedAMXKernels Kernels = C.SG_KERNELS_AMX_EMULATED
)

// HasWinograd reports whether this processor has AVX2 and FMA, which WinogradKernels need.
func HasWinograd() bool { return C.sg_has_winograd() != 0 }

// HasAMX reports whether this processor has AMX with bfloat16 and AVX512-BF16, which AMXKernels need.
func HasAMX() bool { return C.sg_has_amx() != 0 }

// FusedLayer is one layer, in this order: a convolution with its bias; if Residual, the sum with the input of the layer
// before it; ReLU, except in a last layer without a pool; if Pool > 0, a max-pool of Pool x Pool windows. PoolPadding is
// at most Pool/2; below 0, the pool leaves out that many pixels on each side, which is what convolutions without padding
// need: their results are the inner pixels of those with padding.
type FusedLayer struct {
	Stride                        int64
	Residual                      bool
	Pool, PoolStride, PoolPadding int64
}

// FusedLayers takes x (b, c, H, W) through the table's layers, with one kernel per layer, and returns (b, k, h, w) in
// float32. params are the weight and the bias of each layer in order, with odd filter sizes. kind is the type of the
// maps between layers. padding is Zeros, or Replicate if all strides are 1 and there are no pools. There is no second
// derivative. After an error the scope stays usable.
func (s *Scope) FusedLayers(
	x Tensor, params []Tensor, table []FusedLayer, padding Padding, k Kernels, kind Type,
) (Tensor, error) {
	if s.err != nil {
		return Tensor{}, s.err
	}
	if len(params) != 2*len(table) || len(table) == 0 {
		return Tensor{}, opError("fused layers", "each layer needs a weight and a bias", append([]Tensor{x}, params...))
	}
	rows := make([]C.sg_fused_layer, len(table))
	for i, l := range table {
		rows[i] = C.sg_fused_layer{
			stride: C.int64_t(l.Stride), pool: C.int64_t(l.Pool), pool_stride: C.int64_t(l.PoolStride),
			pool_padding: C.int64_t(l.PoolPadding),
		}
		if l.Residual {
			rows[i].residual = 1
		}
	}
	out := s.op("fused layers", func(out *C.sg_tensor) *C.char {
		p, _ := ptrs(params)
		n := C.int64_t(len(rows))
		return C.sg_fused_layers(ptr(x), p, &rows[0], n, C.sg_padding(padding), C.sg_kernels(k), C.sg_type(kind), out)
	}, append([]Tensor{x}, params...)...)
	err := s.err
	s.err = nil
	return out, err
}
