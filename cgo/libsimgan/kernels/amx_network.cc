#include "kernels/amx_network.h"

#include <algorithm>
#include <cstring>

namespace sg::amx {
namespace {

int64_t floor_divide(int64_t a, int64_t b) { return (a - ((a % b) + b) % b) / b; }

// Calls f(y, x, index) with the distance of each tap from the middle.
template <class F>
void for_taps(int64_t r, F f) {
  for (int64_t i = 0; i < r * r; i++) f(i / r - r / 2, i % r - r / 2, i);
}

// Without strides the walk goes over the rows' borders too: what is written there is overwritten by fill.
Walk forward_walk(const Layer &l) {
  Walk walk{{}, {}, l.row.stride, 1};
  for_taps(l.shape.r, [&](int64_t y, int64_t x, int64_t i) { walk.taps.push_back({y * l.x.pitch() + x, i}); });
  if (l.row.stride == 1) {
    walk.runs = {{l.x.p * l.x.pitch(), l.x.p * l.x.pitch(), l.x.h * l.x.pitch()}};
    return walk;
  }
  for (int64_t i = 0; i < l.z.h; i++)
    walk.runs.push_back({l.x.inside() + i * l.row.stride * l.x.pitch(), l.z.inside() + i * l.z.pitch(), l.z.w});
  return walk;
}

// The positions of x whose row and column, less the border, are (y, x) modulo the stride; gradients there come from the
// same taps. The border is included.
Walk gradient_walk(const Layer &l, int64_t y, int64_t x) {
  const int64_t s = l.row.stride, p = l.x.p;
  Walk walk{{}, {}, 1, s};
  for_taps(l.shape.r, [&](int64_t ty, int64_t tx, int64_t i) {
    if ((y - ty) % s == 0 && (x - tx) % s == 0) walk.taps.push_back({(y - ty) / s * l.z.pitch() + (x - tx) / s, i});
  });
  if (s == 1) {
    walk.runs = {{0, 0, l.x.positions()}};
    return walk;
  }
  const int64_t column = (p + x) % s, columns = (l.x.pitch() - column + s - 1) / s;
  for (int64_t row = (p + y) % s; row < l.x.h + 2 * p; row += s)
    walk.runs.push_back(
        {((row - p - y) / s + p) * l.z.pitch() + (column - p - x) / s + p, row * l.x.pitch() + column, columns});
  return walk;
}

std::vector<Phase> weight_phases(const Layer &l) {
  const int64_t s = l.row.stride;
  std::vector<Phase> phases;
  for (int64_t i = 0; i < s * s; i++) phases.push_back({i / s, i % s, {}});
  for_taps(l.shape.r, [&](int64_t y, int64_t x, int64_t i) {
    const int64_t rows = floor_divide(y, s), columns = floor_divide(x, s);
    phases[(y - rows * s) * s + x - columns * s].taps.push_back({rows * l.z.pitch() + columns, i});
  });
  return phases;
}

}  // namespace

std::vector<Layer> layers_of(int64_t h, int64_t w, const std::vector<sg_fused_layer> &table,
                             const std::vector<Shape> &shapes) {
  int64_t p = 0;
  for (size_t i = 0; i < table.size(); i++) p = std::max({p, shapes[i].r / 2, table[i].pool_padding});
  std::vector<Layer> layers;
  for (size_t i = 0; i < table.size(); i++) {
    const auto &row = table[i];
    Layer l{shapes[i], row, Map(shapes[i].inputs, h, w, p, row.stride), {}, {}, {}, {}, {}, {}};
    h = (h - 1) / row.stride + 1;
    w = (w - 1) / row.stride + 1;
    const int64_t next = i + 1 < table.size() ? table[i + 1].stride : 1;
    l.z = l.y = Map(shapes[i].outputs, h, w, p, next);
    if (row.pool > 0) {
      h = (h + 2 * row.pool_padding - row.pool) / row.pool_stride + 1;
      w = (w + 2 * row.pool_padding - row.pool) / row.pool_stride + 1;
      l.y = Map(shapes[i].outputs, h, w, p, next);
      l.pool = {l.z.c,       row.pool,     row.pool_stride, h, w, l.z.inside() - row.pool_padding * (l.z.pitch() + 1),
                l.z.pitch(), l.y.inside(), l.y.pitch()};
    }
    l.forward = forward_walk(l);
    for (int64_t k = 0; k < row.stride * row.stride; k++)
      l.input_gradient.push_back(gradient_walk(l, k / row.stride, k % row.stride));
    l.weight_gradient = weight_phases(l);
    layers.push_back(std::move(l));
  }
  return layers;
}

void arrange(const Layer &l, const float *filters, bool gradient, Buffer<bits> &to) {
  const int64_t taps = l.shape.r * l.shape.r, blocks = (gradient ? l.z.c : l.x.c) / lanes;  // of inputs
  bits *values = to.get(l.filter_values());
  std::memset(values, 0, l.filter_values() * sizeof(bits));
  for (int64_t k = 0; k < l.shape.outputs; k++) {
    for (int64_t c = 0; c < l.shape.inputs; c++) {
      const int64_t out = gradient ? c : k, in = gradient ? k : c;
      bits *at = values + (out / lanes * taps * blocks + in / lanes) * 1024 + out % lanes / 16 * 512 +
                 in % lanes / 2 * 32 + out % 16 * 2 + in % 2;
      for (int64_t t = 0; t < taps; t++) at[t * blocks * 1024] = to_bits(*filters++);
    }
  }
}

}  // namespace sg::amx
