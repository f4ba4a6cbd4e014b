// Operations that gotorch lacks. All are differentiable; every result is a new sg_tensor.
// Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Pads the last two dimensions by p on every side; mode 0 zeros, 1 reflect, 2 replicate.
char *sg_pad(sg_tensor x, int64_t p, int mode, sg_tensor *out);
// max(x, 0) and max(y + x, 0), written over x and over y: no memory of their own, and no pass over it.
char *sg_relu_in_place(sg_tensor x, sg_tensor *out);
char *sg_add_relu_in_place(sg_tensor y, sg_tensor x, sg_tensor *out);
char *sg_narrow(sg_tensor x, int64_t dim, int64_t start, int64_t length, sg_tensor *out);
char *sg_cat(sg_tensor *xs, int64_t n, int64_t dim, sg_tensor *out);
// Mean over one dimension, which stays with size 1.
char *sg_mean_dim(sg_tensor x, int64_t dim, sg_tensor *out);
// Sum of |x| over all elements, as a float32 scalar.
char *sg_abs_sum(sg_tensor x, sg_tensor *out);
// Sum of x^2 over all elements, as a float32 scalar.
char *sg_square_sum(sg_tensor x, sg_tensor *out);
// Euclidean norm over dimension 1 of (n, k), as (n); the gradient at 0 is 0.
char *sg_row_norm(sg_tensor x, sg_tensor *out);
// x * factor.
char *sg_scale(sg_tensor x, double factor, sg_tensor *out);
// Number of patches of (b, 2, h, w) whose larger logit is that of the class, as a float32 scalar.
char *sg_patch_hits(sg_tensor logits, int64_t cls, sg_tensor *out);
// Bilinear enlargement of (n, c, h, w) to (n, c, height, width).
char *sg_enlarge(sg_tensor x, int64_t height, int64_t width, sg_tensor *out);
// (n, c, h, w) enlarged to (n, c, height, width), each value repeated.
char *sg_nearest(sg_tensor x, int64_t height, int64_t width, sg_tensor *out);
// x of sizes (n, c, 1, 1) seen as (n, c, height, width), no copy.
char *sg_spread(sg_tensor x, int64_t height, int64_t width, sg_tensor *out);
// Rows of x chosen by int64 indices on x's device, which nobody waits for; on a GPU one out of range ends the device's work,
// not the call.
char *sg_rows(sg_tensor x, sg_tensor index, sg_tensor *out);
// x[index[i]] = rows[i], in place, outside of autograd; indices as above.
char *sg_rows_put(sg_tensor x, sg_tensor index, sg_tensor rows);
// Rounds x in [-1, 1] to the nearest of the levels that images of the given bits have (as writing and reading an image does).
char *sg_quantize(sg_tensor x, int64_t bits, sg_tensor *out);
#ifdef __cplusplus
}
#endif
