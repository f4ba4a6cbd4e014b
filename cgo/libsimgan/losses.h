// Losses, summed over all that they are given. On a GPU for which our kernels were compiled (own.h) each is one launch that gives its
// gradient too, where they can read the layout (l1: both contiguous); else libtorch's operations. Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// How a loss is computed: by our kernels where they are; always by libtorch's operations; always by ours, which are a loop on a CPU.
enum { SG_LOSS_BEST = 0, SG_LOSS_LIBTORCH = 1, SG_LOSS_OWN = 2 };
// factor times the sum of |a - b|: a float32 scalar.
char *sg_l1(sg_tensor a, sg_tensor b, double factor, int how, sg_tensor *out);
// factor times the sum over images and patches of -log softmax(logits)[class]; logits (b, 2, h, w), softmax over dimension 1: a
// float32 scalar.
char *sg_patch_nll(sg_tensor logits, int64_t cls, double factor, int how, sg_tensor *out);
#ifdef __cplusplus
}
#endif
