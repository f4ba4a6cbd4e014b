// The layers of a network as one operation: one kernel per layer forward and two per layer backward, where libtorch
// passes over memory for every bias, ReLU, residual and mask. The rules of tensor.h apply.
#pragma once
#include "ops.h"
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Which kernels compute the layers.
typedef enum {
  SG_KERNELS_REFERENCE =
      0,                    // libtorch's operations one by one, which the others are compared with: any device and type
  SG_KERNELS_CUDNN = 1,     // cuDNN's fused kernels: a GPU, maps in bfloat16
  SG_KERNELS_WINOGRAD = 2,  // Winograd's: the CPU, maps in float32, if sg_has_winograd
  SG_KERNELS_AMX = 3,       // AMX's: the CPU, maps in bfloat16, if sg_has_amx
  SG_KERNELS_AMX_EMULATED = 4  // the same without AMX, slowly, for tests
} sg_kernels;
// One layer, in this order: a convolution with its bias; if residual is 1, the sum with the input of the layer before
// it; ReLU, except in a last layer without a pool; if pool > 0, a max-pool of pool x pool windows. pool_padding is at
// most pool/2; below 0, the pool leaves out that many pixels on each side, which is what convolutions without padding
// need (their results are the inner pixels of those with padding).
typedef struct {
  int64_t stride, residual, pool, pool_stride, pool_padding;
} sg_fused_layer;
// x (b, c, H, W) through the table's n layers: out (b, k, h, w), float32.
// params: 2n tensors, per layer the filters (out, in, r, r) and the bias (out); r is odd.
// padding: SG_PADDING_ZEROS, or SG_PADDING_REPLICATE if H and W are at least 2, every stride is 1 and there is no pool.
// type: the type of the maps between layers. Gradients have the types of x and of the parameters. There is no second
// derivative.
char *sg_fused_layers(sg_tensor x, sg_tensor *params, const sg_fused_layer *table, int64_t n, sg_padding padding,
                      sg_kernels kernels, sg_type type, sg_tensor *out);
// Whether the processor has the instructions that SG_KERNELS_WINOGRAD needs, AVX2 and FMA: 1 or 0. It cannot fail.
int sg_has_winograd(void);
// Whether processor and system have what SG_KERNELS_AMX needs: 1 or 0. It cannot fail.
int sg_has_amx(void);
#ifdef __cplusplus
}
#endif
