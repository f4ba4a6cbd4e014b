// Operations that gotorch lacks. All are differentiable, except sg_patch_hits and sg_rows_put. The rules of tensor.h
// apply.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// What a convolution finds outside of its input.
typedef enum { SG_PADDING_ZEROS = 0, SG_PADDING_REFLECT = 1, SG_PADDING_REPLICATE = 2 } sg_padding;
// x (n, c, h, w) padded by p pixels on every side: (n, c, h+2p, w+2p).
char *sg_pad(sg_tensor x, int64_t p, sg_padding padding, sg_tensor *out);
// max(x, 0), written over x: it needs no memory of its own, nor a pass over that. out shares x's data.
char *sg_relu_in_place(sg_tensor x, sg_tensor *out);
// max(y + x, 0), written over y; as sg_relu_in_place.
char *sg_add_relu_in_place(sg_tensor y, sg_tensor x, sg_tensor *out);
// x[start : start+length] along dimension dim; it shares x's data.
char *sg_narrow(sg_tensor x, int64_t dim, int64_t start, int64_t length, sg_tensor *out);
// n tensors, joined along dimension dim; their other sizes agree.
char *sg_cat(sg_tensor *xs, int64_t n, int64_t dim, sg_tensor *out);
// Mean over dimension dim, which stays with size 1.
char *sg_mean_dim(sg_tensor x, int64_t dim, sg_tensor *out);
// Sum of |x| over all elements: a float32 scalar.
char *sg_abs_sum(sg_tensor x, sg_tensor *out);
// Sum of x^2 over all elements: a float32 scalar.
char *sg_square_sum(sg_tensor x, sg_tensor *out);
// Euclidean norm over dimension 1 of x (n, k): float32 (n). The gradient at 0 is 0.
char *sg_row_norm(sg_tensor x, sg_tensor *out);
// x * factor.
char *sg_scale(sg_tensor x, double factor, sg_tensor *out);
// Number of patches of logits (b, 2, h, w) whose larger logit is that of cls (0 or 1): a float32 scalar.
char *sg_patch_hits(sg_tensor logits, int64_t cls, sg_tensor *out);
// x (n, c, h, w), enlarged bilinearly: (n, c, height, width).
char *sg_enlarge(sg_tensor x, int64_t height, int64_t width, sg_tensor *out);
// x (n, c, h, w), enlarged by repeating each value: (n, c, height, width).
char *sg_nearest(sg_tensor x, int64_t height, int64_t width, sg_tensor *out);
// x (n, c, 1, 1) as (n, c, height, width); it shares x's data.
char *sg_spread(sg_tensor x, int64_t height, int64_t width, sg_tensor *out);
// The rows x[index[i]]. index: int64 (n), on x's device; the host does not wait for it. An index out of range is an
// error on the CPU; on a GPU it ends the device's work, not the call.
char *sg_rows(sg_tensor x, sg_tensor index, sg_tensor *out);
// x[index[i]] = rows[i], in place. Autograd does not see it. index as in sg_rows.
char *sg_rows_put(sg_tensor x, sg_tensor index, sg_tensor rows);
#ifdef __cplusplus
}
#endif
