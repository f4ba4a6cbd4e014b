#include "ops.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/pad.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_nearest2d.h>

#include "guard.h"

using sg::give;
using sg::guard;
using sg::tensor;

char *sg_pad(sg_tensor x, int64_t p, sg_padding padding, sg_tensor *out) {
  return guard([&] {
    static const char *const modes[] = {"constant", "reflect", "replicate"};
    *out = give(at::pad(tensor(x), {p, p, p, p}, modes[padding]));
  });
}

char *sg_relu_in_place(sg_tensor x, sg_tensor *out) {
  return guard([&] { *out = give(at::relu_(tensor(x))); });
}

char *sg_add_relu_in_place(sg_tensor y, sg_tensor x, sg_tensor *out) {
  return guard([&] { *out = give(at::relu_(tensor(y).add_(tensor(x)))); });
}

char *sg_narrow(sg_tensor x, int64_t dim, int64_t start, int64_t length, sg_tensor *out) {
  return guard([&] { *out = give(tensor(x).narrow(dim, start, length)); });
}

char *sg_cat(sg_tensor *xs, int64_t n, int64_t dim, sg_tensor *out) {
  return guard([&] { *out = give(at::cat(sg::list(xs, n), dim)); });
}

char *sg_mean_dim(sg_tensor x, int64_t dim, sg_tensor *out) {
  return guard([&] { *out = give(tensor(x).mean(at::IntArrayRef(&dim, 1), true)); });
}

char *sg_abs_sum(sg_tensor x, sg_tensor *out) {
  return guard([&] { *out = give(tensor(x).to(at::kFloat).abs().sum()); });
}

char *sg_square_sum(sg_tensor x, sg_tensor *out) {
  return guard([&] { *out = give(tensor(x).to(at::kFloat).square().sum()); });
}

char *sg_row_norm(sg_tensor x, sg_tensor *out) {
  return guard([&] { *out = give(at::linalg_vector_norm(tensor(x).to(at::kFloat), 2, at::IntArrayRef{1})); });
}

char *sg_scale(sg_tensor x, double factor, sg_tensor *out) {
  return guard([&] { *out = give(tensor(x).mul(factor)); });
}

char *sg_patch_hits(sg_tensor logits, int64_t cls, sg_tensor *out) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    const auto &t = tensor(logits);
    *out = give(t.select(1, cls).gt(t.select(1, 1 - cls)).sum(at::kFloat));
  });
}

char *sg_enlarge(sg_tensor x, int64_t height, int64_t width, sg_tensor *out) {
  return guard([&] { *out = give(at::upsample_bilinear2d(tensor(x), {height, width}, false)); });
}

char *sg_nearest(sg_tensor x, int64_t height, int64_t width, sg_tensor *out) {
  return guard([&] { *out = give(at::upsample_nearest2d(tensor(x), {height, width})); });
}

char *sg_spread(sg_tensor x, int64_t height, int64_t width, sg_tensor *out) {
  return guard([&] { *out = give(tensor(x).expand({-1, -1, height, width})); });
}

char *sg_rows(sg_tensor x, sg_tensor index, sg_tensor *out) {
  return guard([&] { *out = give(tensor(x).index_select(0, tensor(index))); });
}

char *sg_rows_put(sg_tensor x, sg_tensor index, sg_tensor rows) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    auto &t = tensor(x);
    t.index_copy_(0, tensor(index), tensor(rows).detach().to(t.scalar_type()));
  });
}
