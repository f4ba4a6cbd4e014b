// Losses, summed over all that they are given. The rules of tensor.h apply.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// How a loss is computed. A device kernel computes a loss and its gradient in one launch, if it can read the layout
// (sg_l1: both tensors contiguous); there is no second derivative then.
typedef enum {
  SG_LOSS_AUTO = 0,          // by the device kernel on a GPU that has it (sg_device_kernels), else by libtorch
  SG_LOSS_LIBTORCH = 1,      // by libtorch's operations
  SG_LOSS_DEVICE_KERNEL = 2  // by the device kernel, on the CPU by a loop; a layout that it cannot read is an error
} sg_loss_method;
// factor times the sum of |a - b|, for a and b of one shape: a float32 scalar. If limit > 0, a distance of d counts
// limit (1 - exp(-d / limit)).
char *sg_l1(sg_tensor a, sg_tensor b, double factor, double limit, sg_loss_method method, sg_tensor *out);
// factor times the sum over images and patches of -log softmax(logits)[cls]: a float32 scalar. logits: (b, 2, h, w),
// with the softmax over dimension 1. cls: 0 or 1.
char *sg_patch_nll(sg_tensor logits, int64_t cls, double factor, sg_loss_method method, sg_tensor *out);
// sg_patch_nll with each patch's term times its weight, by libtorch. weights: (b, 1, h, w), without a gradient.
char *sg_weighted_patch_nll(sg_tensor logits, sg_tensor weights, int64_t cls, double factor, sg_tensor *out);
#ifdef __cplusplus
}
#endif
