// The kernels that fused layers are made of. Convolutions have odd filters r x r and a zero padding of r/2; feature
// maps and filters lie with channels innermost, their channels a multiple of `multiple()`. Maps may have a border of p
// pixels for replicate padding: there forward's results need not be right nor written, and gradients at results are
// zero.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <utility>

#include "kernels/border.h"

namespace sg {

struct Kernels {
  virtual ~Kernels() = default;
  virtual int64_t multiple() const { return 8; }
  // conv(x, w) + b, then + residual (where defined), then max(., 0) (where relu). x (n, c, h, w), w (k, c, r, r), b
  // (k).
  virtual at::Tensor forward(const at::Tensor &x, const at::Tensor &w, const at::Tensor &b, int64_t stride,
                             const at::Tensor &residual, bool relu, int64_t p) = 0;
  // The gradient at the input x of a convolution, of x's size, from that at its output, dy; + residual (where defined).
  // Where masked, x was max(z, 0), and the result is the gradient at z, with its sum over n, h, w: float32 (c).
  virtual std::pair<at::Tensor, at::Tensor> input_gradient(const at::Tensor &dy, const at::Tensor &w,
                                                           const at::Tensor &x, int64_t stride,
                                                           const at::Tensor &residual, bool masked) = 0;
  // The gradient at the filters (k, c, r, r), of x's type.
  virtual at::Tensor weight_gradient(const at::Tensor &dy, const at::Tensor &x, int64_t r, int64_t stride,
                                     int64_t p) = 0;
  // Replicate padding's border of p pixels, put right in the maps as border.h says.
  virtual void fill_border(const at::Tensor &maps, int64_t p) { sg::fill_border(maps, p); }
  virtual void fold_border(const at::Tensor &maps, int64_t p) { sg::fold_border(maps, p); }
};

// libtorch's operations, one after the other, on any device.
Kernels &reference_kernels();

// How often this process called the reference kernels' three functions, in the order above. For tests.
std::array<int64_t, 3> reference_calls();

}  // namespace sg
