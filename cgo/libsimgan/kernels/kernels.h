// The kernels of fused layers. Convolutions have odd r x r filters and a zero padding of r/2. Feature maps and filters
// have channels innermost, in multiples of `multiple()`. With replicate padding, maps have a border of p pixels:
// forward may leave it undefined, and gradients at results are zero there.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <utility>

#include "kernels/border.h"

namespace sg {

struct Kernels {
  virtual ~Kernels() = default;
  virtual int64_t multiple() const { return 8; }
  // conv(x, w) + b, then + residual (if defined), then max(., 0) (if relu). x: (n, c, h, w), w: (k, c, r, r), b: (k).
  virtual at::Tensor forward(const at::Tensor &x, const at::Tensor &w, const at::Tensor &b, int64_t stride,
                             const at::Tensor &residual, bool relu, int64_t p) = 0;
  // The gradient at a convolution's input x, of x's size, from dy, the gradient at its output; then + residual (if
  // defined). If masked, x was max(z, 0): returns the gradient at z, and if summed, its sum over n, h, w as float32
  // (c).
  virtual std::pair<at::Tensor, at::Tensor> input_gradient(const at::Tensor &dy, const at::Tensor &w,
                                                           const at::Tensor &x, int64_t stride,
                                                           const at::Tensor &residual, bool masked, bool summed) = 0;
  // The gradient at the filters (k, c, r, r), of x's type.
  virtual at::Tensor weight_gradient(const at::Tensor &dy, const at::Tensor &x, int64_t r, int64_t stride,
                                     int64_t p) = 0;
  // Correct the border of p pixels as border.h's functions do.
  virtual void fill_border(const at::Tensor &maps, int64_t p) { sg::fill_border(maps, p); }
  virtual void fold_border(const at::Tensor &maps, int64_t p) { sg::fold_border(maps, p); }
};

// Libtorch's operations one by one, on any device.
Kernels &reference_kernels();

// How often this process called the reference kernels' forward, input_gradient and weight_gradient. For tests.
std::array<int64_t, 3> reference_calls();

}  // namespace sg
