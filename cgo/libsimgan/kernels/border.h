// Replicate padding for fused layers, without a padded copy a layer: its maps (n, c, h+2p, w+2p) bring a border of p
// pixels, which the convolutions compute as any pixel or leave alone, and which is then put right, in place. All of it
// is outside of autograd.
#pragma once
#include <ATen/core/Tensor.h>

#include <utility>

namespace sg {

// t without its border of p pixels, no copy: (n, c, h, w).
inline at::Tensor inside(const at::Tensor &t, int64_t p) {
  return t.narrow(2, p, t.size(2) - 2 * p).narrow(3, p, t.size(3) - 2 * p);
}

// The border along a dimension and the edge that it repeats, both ends at once: views of t with the dimension's size 2,
// and the border's p pixels, for the edge 1, in a dimension behind the last.
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

// Copies the edges into the border, corners too.
inline void fill_border(const at::Tensor &t, int64_t p) {
  for (int64_t dim : {3, 2}) {
    const auto [border, edge] = border_and_edge(t, dim, p);
    border.copy_(edge);
  }
}

// The gradient of that: adds the border to the edges, a corner to the corner pixel, and clears it. h and w are at
// least 2.
inline void fold_border(const at::Tensor &t, int64_t p) {
  for (int64_t dim : {3, 2}) {
    auto [border, edge] = border_and_edge(t, dim, p);
    edge.add_(p == 1 ? border : border.sum(-1, /*keepdim=*/true));
    border.zero_();
  }
}

}  // namespace sg
