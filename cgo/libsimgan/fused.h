// Layers of a network as one operation: a kernel a layer forward and two a layer backward, where libtorch makes a pass over memory of
// every bias, ReLU, residual and mask. Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Which kernels: libtorch's operations one by one (any device and type; what tests compare with), cuDNN's fused ones (GPU, bf16), or
// Winograd's (CPU, float32; where sg_has_winograd).
enum { SG_KERNELS_REFERENCE = 0, SG_KERNELS_CUDNN = 1, SG_KERNELS_WINOGRAD = 2 };
// A convolution with its bias, then what the layer before it read is added (residual 1), then ReLU, which the last layer has not, then
// a max-pool of pool x pool windows, padded by pool/2 (pool 0: none).
typedef struct {
  int64_t stride, residual, pool, pool_stride;
} sg_fused_layer;
// x (b, c, H, W) through n layers: out (b, k, h, w) float32. params: 2n tensors, each layer's weight (out, in, r, r) and bias (out);
// r is odd, padding as in sg_pad, 0 zeros or 2 replicate (H and W at least 2; every stride 1 and no pool). type is that of the maps
// between layers; gradients come in the parameters' own, and in x's. There is no second derivative.
char *sg_fused_layers(sg_tensor x, sg_tensor *params, const sg_fused_layer *table, int64_t n, int padding, int kernels, int8_t type,
                      sg_tensor *out);
// Whether the processor has the instructions that Winograd's kernels are written for: AVX2 and FMA.
int sg_has_winograd(void);
// How often this process called the reference kernels: forward, gradient of an input, gradient of filters. For tests.
char *sg_fused_calls(int64_t *calls);
#ifdef __cplusplus
}
#endif
