// The steps of Winograd's convolutions for a chunk of tiles: transform tiles, multiply them with filters or gradients,
// write results.
#pragma once
#include <algorithm>
#include <vector>

#include "kernels/winograd_transforms.h"

namespace sg::winograd {
namespace {

// Transforms `count` tiles of maps with c channels innermost, from tile `first` on: to (products, pitch, c). Pixels
// outside of the maps are zero. For tiles of results (halo 0), so are pixels of the border.
template <class Transform>
void spread(const Tiles &tiles, const float *maps, int64_t c, int64_t first, int64_t count, int64_t halo, float *to) {
  const std::vector<float> zeros(c);
  const int64_t begin = halo ? 0 : tiles.border, bottom = tiles.h - begin, right = tiles.w - begin;
  struct Pixels {
    const float *at[products];
  };
  const auto pixels = [&](int64_t tile) {
    const auto place = tiles.place(tile);
    Pixels from{};
    for (int i = 0; i < Transform::in; i++) {
      for (int j = 0; j < Transform::in; j++) {
        const int64_t y = place.y + i - halo, x = place.x + j - halo;
        const bool inside = y >= begin && y < bottom && x >= begin && x < right;
        from.at[places * i + j] = inside ? maps + (place.image + y * tiles.w + x) * c : zeros.data();
      }
    }
    return from;
  };
  Pixels from{}, next = pixels(first);
  for (int64_t t = 0; t < count; t++) {
    from = next;
    next = pixels(std::min(first + t + 1, tiles.count - 1));
    for (int64_t k = 0; k < c; k += lanes) {
      vec tile[products];
      for (int i = 0; i < Transform::in; i++) {
        for (int j = 0; j < Transform::in; j++) {
          __builtin_prefetch(next.at[places * i + j] + k);
          tile[places * i + j] = load(from.at[places * i + j] + k);
        }
      }
      transform<Transform>(tile);
      for (int q = 0; q < products; q++) store(to + (q * pitch + t) * c + k, tile[q]);
    }
  }
}

// Computes R rows and P vectors of out (rows, k) = v (rows, c) u (c, k).
template <int R, int P>
inline void product_block(const float *v, const float *u, float *out, int64_t c, int64_t k) {
  vec sum[R][P] = {};
  for (int64_t i = 0; i < c; i++) {
#pragma GCC unroll 6
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
      for (int p = 0; p < P; p++) sum[r][p] += v[r * c + i] * load(u + i * k + lanes * p);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
    for (int p = 0; p < P; p++) store(out + r * k + lanes * p, sum[r][p]);
  }
}

template <int P>
inline void product_columns(const float *v, const float *u, float *out, int64_t rows, int64_t c, int64_t k) {
  int64_t r = 0;
  for (; r + 6 <= rows; r += 6) product_block<6, P>(v + r * c, u, out + r * k, c, k);
  for (; r < rows; r++) product_block<1, P>(v + r * c, u, out + r * k, c, k);
}

inline void multiply(const float *v, const float *u, float *out, int64_t rows, int64_t c, int64_t k) {
  int64_t p = 0;
  if (lanes == 16)  // AVX-512 has twice as many registers
    for (; p + 4 * lanes <= k; p += 4 * lanes) product_columns<4>(v, u + p, out + p, rows, c, k);
  for (; p + 2 * lanes <= k; p += 2 * lanes) product_columns<2>(v, u + p, out + p, rows, c, k);
  if (p < k) product_columns<1>(v, u + p, out + p, rows, c, k);
}

constexpr int outer_rows = lanes / 2;

// Adds to outer_rows rows and P vectors of `to` (c, k) the transpose of v (rows, c), times m (rows, k).
template <int P>
inline void outer_block(const float *v, const float *m, float *to, int64_t rows, int64_t c, int64_t k) {
  vec sum[outer_rows][P];
#pragma GCC unroll 8
  for (int r = 0; r < outer_rows; r++) {
#pragma GCC unroll 4
    for (int p = 0; p < P; p++) sum[r][p] = load(to + r * k + lanes * p);
  }
  for (int64_t i = 0; i < rows; i++) {
#pragma GCC unroll 8
    for (int r = 0; r < outer_rows; r++) {
#pragma GCC unroll 4
      for (int p = 0; p < P; p++) sum[r][p] += v[i * c + r] * load(m + i * k + lanes * p);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < outer_rows; r++) {
#pragma GCC unroll 4
    for (int p = 0; p < P; p++) store(to + r * k + lanes * p, sum[r][p]);
  }
}

inline void add_outer(const float *v, const float *m, float *to, int64_t rows, int64_t c, int64_t k) {
  for (int64_t r = 0; r < c; r += outer_rows) {
    int64_t p = 0;
    for (; p + 2 * lanes <= k; p += 2 * lanes) outer_block<2>(v + r, m + p, to + r * k + p, rows, c, k);
    if (p < k) outer_block<1>(v + r, m + p, to + r * k + p, rows, c, k);
  }
}

// Transforms filters (a, 3, 3, b) to (products, a, b). For a gradient they are turned by 180 degrees.
inline void transform_filters(const float *w, int64_t a, int64_t b, bool turned, float *to) {
  for (int64_t i = 0; i < a * b; i += lanes) {
    vec tile[products];
    for (int r = 0; r < 3; r++)
      for (int s = 0; s < 3; s++)
        tile[places * r + s] = load(w + (i / b * 9 + (turned ? 8 - 3 * r - s : 3 * r + s)) * b + i % b);
    transform<Filter>(tile);
    for (int q = 0; q < products; q++) store(to + q * a * b + i, tile[q]);
  }
}

// Sums n parts of the filters' transformed gradient, (products, a, b) each, and transforms them back to (a, 3, 3, b):
// values `first` to last-1.
inline void transform_back(const float *parts, int64_t n, int64_t a, int64_t b, int64_t first, int64_t last,
                           float *to) {
  for (int64_t i = first; i < last; i += lanes) {
    vec tile[products] = {};
    for (int64_t part = 0; part < n; part++)
      for (int q = 0; q < products; q++) tile[q] += load(parts + (part * products + q) * a * b + i);
    transform<FilterGradient>(tile);
    for (int r = 0; r < 3; r++)
      for (int s = 0; s < 3; s++) store(to + (i / b * 9 + 3 * r + s) * b + i % b, tile[places * r + s]);
  }
}

// Writes the results of tiles from their products m (products, pitch, k).
inline void write_results(const Tiles &tiles, const float *m, int64_t k, int64_t first, int64_t count,
                          const Epilogue &e, float *out) {
  std::vector<float> sums(k);
  for (int64_t t = 0; t < count; t++) {
    const auto place = tiles.place(first + t);
    const int64_t bottom = std::min(side, tiles.h - tiles.border - place.y),
                  right = std::min(side, tiles.w - tiles.border - place.x);
    for (int64_t q = 0; q < k; q += lanes) {
      const vec bias = e.bias ? load(e.bias + q) : vec{};
      vec sum = load(&sums[q]);
      vec tile[products];
      for (int i = 0; i < products; i++) tile[i] = load(m + (i * pitch + t) * k + q);
      transform<Output>(tile);
      for (int64_t i = 0; i < bottom; i++) {
        for (int64_t j = 0; j < right; j++) {
          const int64_t at = (place.image + (place.y + i) * tiles.w + place.x + j) * k + q;
          __builtin_prefetch(out + at + side * k, /*write=*/1);  // for the next tile; past the end it does nothing
          if (e.residual) __builtin_prefetch(e.residual + at + side * k);
          if (e.y) __builtin_prefetch(e.y + at + side * k);
          vec v = tile[places * i + j] + bias;
          if (e.residual) v += load(e.residual + at);
          if (e.relu) v = v < 0 ? vec{} : v;
          if (e.y) v = load(e.y + at) <= 0 ? vec{} : v;
          sum += v;
          store(out + at, v);
        }
      }
      store(&sums[q], sum);
    }
  }
  if (!e.sum) return;
  for (int64_t q = 0; q < k; q += lanes) store(e.sum + q, load(e.sum + q) + load(&sums[q]));
}

}  // namespace
}  // namespace sg::winograd
