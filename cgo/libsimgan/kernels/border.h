// Replicate padding for fused layers without a padded copy per layer. The maps (n, c, h+2p, w+2p) have a border of p
// pixels. Convolutions compute or skip the border; afterwards it is corrected in place. Autograd sees none of it.
#pragma once
#include <ATen/core/Tensor.h>

#include <utility>

namespace sg {

// A view of t without its border of p pixels: (n, c, h, w).
inline at::Tensor inside(const at::Tensor &t, int64_t p) {
  return t.narrow(2, p, t.size(2) - 2 * p).narrow(3, p, t.size(3) - 2 * p);
}

// Two views of t: the border along a dimension, and the edge that it repeats. Both ends are in one view: the dimension
// has size 2. A last dimension is added, for the border's p pixels (1 for the edge).
inline std::pair<at::Tensor, at::Tensor> border_and_edge(const at::Tensor &t, int64_t dim, int64_t p) {
  const int64_t size = t.size(dim), step = t.stride(dim);
  const auto both = [&](int64_t first, int64_t apart, int64_t length) {
    auto sizes = t.sizes().vec(), strides = t.strides().vec();
    sizes[dim] = 2;
    strides[dim] = step * apart;
    sizes.push_back(length);
    strides.push_back(step);
    return t.as_strided(sizes, strides, t.storage_offset() + step * first);
  };
  return {both(0, size - p, p), both(p, size - 2 * p - 1, 1)};
}

// Copies the edges into the border, including the corners.
inline void fill_border(const at::Tensor &t, int64_t p) {
  for (int64_t dim : {3, 2}) {
    const auto [border, edge] = border_and_edge(t, dim, p);
    border.copy_(edge);
  }
}

// The gradient of fill_border: adds the border to the edges, a corner to the corner pixel, and clears the border. h and
// w are at least 2.
inline void fold_border(const at::Tensor &t, int64_t p) {
  for (int64_t dim : {3, 2}) {
    auto [border, edge] = border_and_edge(t, dim, p);
    edge.add_(p == 1 ? border : border.sum(-1, /*keepdim=*/true));
    border.zero_();
  }
}

}  // namespace sg
