// The refiner as one operation: a kernel a layer forward and two a layer backward, where libtorch makes a pass over memory of every
// bias, ReLU, residual and mask. Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Which kernels: libtorch's operations one by one (any device and type; what tests compare with), or cuDNN's fused ones (GPU, bf16).
enum { SG_KERNELS_REFERENCE = 0, SG_KERNELS_CUDNN = 1 };
// x (b, c, H, W) through the stem, the residual blocks and the last 1x1 convolution: out (b, C, H, W) float32, before the tanh.
// params: n tensors, weight (out, in, r, r) and bias (out) of the stem, of the two convolutions of every block, and of the last
// layer; stride 1, r odd, padded by r/2: padding as in sg_pad, 0 zeros or 2 replicate (H and W at least 2). type is that of the maps
// between layers; gradients come in the parameters' own. There is no second derivative.
char *sg_fused_refiner(sg_tensor x, sg_tensor *params, int64_t n, int padding, int kernels, int8_t type, sg_tensor *out);
// How often this process called the reference kernels: forward, gradient of an input, gradient of filters. For tests.
char *sg_fused_calls(int64_t *calls);
#ifdef __cplusplus
}
#endif
