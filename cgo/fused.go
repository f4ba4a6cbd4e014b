package cgo

// #include "libsimgan/fused.h"
import "C"

// Kernels is what fused layers are made of.
type Kernels C.sg_kernels

// The kernels.
const (
	ReferenceKernels Kernels = C.SG_KERNELS_REFERENCE // libtorch's operations one by one, on any device
	CuDNNKernels     Kernels = C.SG_KERNELS_CUDNN     // cuDNN's fused ones: a GPU, maps in bfloat16
	WinogradKernels  Kernels = C.SG_KERNELS_WINOGRAD  // minimal filtering of 3x3: the CPU, maps in float32, where HasWinograd
)

// HasWinograd says whether this processor has what WinogradKernels need: AVX2 and FMA.
func HasWinograd() bool { return C.sg_has_winograd() != 0 }

// FusedLayer is a convolution with its bias, then, where Residual, the sum with what the layer before it read, then ReLU, which a
// network's last layer has not, then a max-pool of Pool x Pool windows, padded by Pool/2 (0: none).
type FusedLayer struct {
	Stride           int64
	Residual         bool
	Pool, PoolStride int64
}

// FusedLayers takes x (b, c, H, W) through the table's layers, (b, k, h, w) float32, with a kernel a layer. params are weight and bias
// of each layer in order; kind is the type of the maps between layers. Filters are odd, padding is Zeros or, for strides of 1 without
// pools, Replicate; there is no second derivative. Its error is its own: the scope goes on.
func (s *Scope) FusedLayers(x Tensor, params []Tensor, table []FusedLayer, padding Padding, k Kernels, kind Type) (Tensor, error) {
	if s.err != nil {
		return Tensor{}, s.err
	}
	if len(params) != 2*len(table) || len(table) == 0 {
		return Tensor{}, opError("fused layers", "a weight and a bias a layer are needed", append([]Tensor{x}, params...))
	}
	rows := make([]C.sg_fused_layer, len(table))
	for i, l := range table {
		rows[i] = C.sg_fused_layer{stride: C.int64_t(l.Stride), pool: C.int64_t(l.Pool), pool_stride: C.int64_t(l.PoolStride)}
		if l.Residual {
			rows[i].residual = 1
		}
	}
	out := s.op("fused layers", func(out *C.sg_tensor) *C.char {
		p, _ := ptrs(params)
		return C.sg_fused_layers(ptr(x), p, &rows[0], C.int64_t(len(rows)), C.sg_padding(padding), C.sg_kernels(k), C.sg_type(kind), out)
	}, append([]Tensor{x}, params...)...)
	err := s.err
	s.err = nil
	return out, err
}
