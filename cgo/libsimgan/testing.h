// Functions for tests only: no product code may call them. The rules of tensor.h apply.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Writes how often this process called the reference kernels of sg_fused_layers, as three numbers: forward, gradient of
// an input, gradient of filters.
char *sg_fused_calls(int64_t calls[3]);

// What is done with the border of maps: it is filled with the edges' values, or its gradients are folded onto the
// edges.
typedef enum { SG_BORDER_FILL = 0, SG_BORDER_FOLD = 1 } sg_border_pass;
// How: by libtorch's operations on views, or by the device kernel, which on the CPU is a loop over its indices
// (float32, bfloat16).
typedef enum { SG_BORDER_VIEWS = 0, SG_BORDER_DEVICE_KERNEL = 1 } sg_border_method;
// Fills or folds, in place, the border of p pixels in maps (n, c, h+2p, w+2p), whose channels lie innermost and are a
// multiple of 8.
char *sg_border(sg_tensor maps, int64_t p, sg_border_pass pass, sg_border_method method);
#ifdef __cplusplus
}
#endif
