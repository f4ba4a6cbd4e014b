// What enters and leaves maps, and their borders.
#pragma once
#include "kernels/amx_vectors.h"

namespace sg::amx {
namespace {

inline void put_images(const float *x, int64_t channels, const Map &m, bits *image) {
  std::memset(image - m.lead * m.c, 0, (m.step + m.lead) * m.c * sizeof(bits));
  for (int64_t k = 0; k < channels; k++) {
    for (int64_t i = 0; i < m.h; i++) {
      bits *to = image + (m.inside() + i * m.pitch()) * m.c + k;
      for (int64_t j = 0; j < m.w; j++) to[j * m.c] = to_bits(*x++);
    }
  }
}

inline void fill_border(const Map &m, bool replicate, bits *image) {
  const auto repeat = [&](const bits *edge, bits *to, int64_t values) {
    if (replicate)
      std::memcpy(to, edge, values * sizeof(bits));
    else
      std::memset(to, 0, values * sizeof(bits));
  };
  const int64_t row = m.pitch() * m.c;
  for (int64_t i = m.p; i < m.p + m.h; i++) {
    bits *left = image + i * row, *right = left + (m.p + m.w) * m.c;
    for (int64_t j = 0; j < m.p; j++) {
      repeat(left + m.p * m.c, left + j * m.c, m.c);
      repeat(right - m.c, right + j * m.c, m.c);
    }
  }
  for (int64_t i = 0; i < m.p; i++) {
    repeat(image + m.p * row, image + i * row, row);
    repeat(image + (m.p + m.h - 1) * row, image + (m.p + m.h + i) * row, row);
  }
}

// Adds to n values of the edge those of p parts of the border, `step` values apart, and clears these.
inline void fold_onto(bits *edge, bits *border, int64_t step, int64_t p, int64_t n) {
  for (int64_t k = 0; k < n; k += lanes, edge += lanes, border += lanes) {
    v16 low = wide(edge), high = wide(edge + 16);
    for (int64_t i = 0; i < p; i++) {
      low += wide(border + i * step);
      high += wide(border + i * step + 16);
      store(border + i * step, half32{});
    }
    store(edge, low, high);
  }
}

inline void fold_edges(const Map &m, bits *image) {
  const int64_t row = m.pitch() * m.c;
  fold_onto(image + m.p * row, image, row, m.p, row);
  fold_onto(image + (m.p + m.h - 1) * row, image + (m.p + m.h) * row, row, m.p, row);
  for (int64_t i = m.p; i < m.p + m.h; i++) {
    bits *left = image + i * row, *right = left + (m.p + m.w) * m.c;
    fold_onto(left + m.p * m.c, left, m.c, m.p, m.c);
    fold_onto(right - m.c, right, m.c, m.p, m.c);
  }
}

}  // namespace
}  // namespace sg::amx
