// The steps of Winograd's convolutions for a chunk of tiles: transform tiles, multiply them with filters or gradients,
// write results.
#pragma once
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <vector>

#include "kernels/winograd_transforms.h"

namespace sg::winograd {

// The side of a tile of results. A tile of inputs is a pixel larger on each side.
constexpr int64_t side = 4;
// Tiles per chunk. A chunk stays in the cache: 0.9 MB for 64 channels.
constexpr int64_t chunk = 48;

// The tiles of maps (n, h, w). Tiles of results do not reach into the maps' border.
struct Tiles {
  int64_t h, w, border, rows, columns, count;

  Tiles(const at::Tensor &maps, int64_t border)
      : h(maps.size(2)),
        w(maps.size(3)),
        border(border),
        rows((h - 2 * border + side - 1) / side),
        columns((w - 2 * border + side - 1) / side),
        count(maps.size(0) * rows * columns) {}

  int64_t chunks() const { return (count + chunk - 1) / chunk; }

  // Where a tile begins: the number of pixels before its image, its first row and its first column.
  struct Place {
    int64_t image, y, x;
  };
  Place place(int64_t tile) const {
    const int64_t i = tile % (rows * columns);
    return {tile / (rows * columns) * h * w, border + i / columns * side, border + i % columns * side};
  }
};

#pragma GCC push_options
#pragma GCC target("avx2,fma")

// Transforms `count` tiles of maps with c channels innermost, from tile `first` on: to (products, chunk, c). Pixels
// outside of the maps are zero. For tiles of results (halo 0), so are pixels of the border.
template <class Transform>
void spread(const Tiles &tiles, const float *maps, int64_t c, int64_t first, int64_t count, int64_t halo, float *to) {
  const std::vector<float> zeros(c);
  const int64_t begin = halo ? 0 : tiles.border, bottom = tiles.h - begin, right = tiles.w - begin;
  for (int64_t t = 0; t < count; t++) {
    const auto place = tiles.place(first + t);
    const float *from[products];
    for (int i = 0; i < Transform::in; i++) {
      for (int j = 0; j < Transform::in; j++) {
        const int64_t y = place.y + i - halo, x = place.x + j - halo;
        const bool inside = y >= begin && y < bottom && x >= begin && x < right;
        from[places * i + j] = inside ? maps + (place.image + y * tiles.w + x) * c : zeros.data();
      }
    }
    for (int64_t k = 0; k < c; k += 8) {
      v8 tile[products];
      for (int i = 0; i < Transform::in; i++)
        for (int j = 0; j < Transform::in; j++) tile[places * i + j] = load(from[places * i + j] + k);
      transform<Transform>(tile);
      for (int q = 0; q < products; q++) store(to + (q * chunk + t) * c + k, tile[q]);
    }
  }
}

// Computes R rows and P vectors of out (rows, k) = v (rows, c) u (c, k).
template <int R, int P>
inline void product_block(const float *v, const float *u, float *out, int64_t c, int64_t k) {
  v8 sum[R][P] = {};
  for (int64_t i = 0; i < c; i++) {
#pragma GCC unroll 6
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
      for (int p = 0; p < P; p++) sum[r][p] += v[r * c + i] * load(u + i * k + 8 * p);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (int p = 0; p < P; p++) store(out + r * k + 8 * p, sum[r][p]);
  }
}

template <int P>
inline void product_columns(const float *v, const float *u, float *out, int64_t rows, int64_t c, int64_t k) {
  int64_t r = 0;
  for (; r + 6 <= rows; r += 6) product_block<6, P>(v + r * c, u, out + r * k, c, k);
  for (; r < rows; r++) product_block<1, P>(v + r * c, u, out + r * k, c, k);
}

inline void product(const float *v, const float *u, float *out, int64_t rows, int64_t c, int64_t k) {
  int64_t p = 0;
  for (; p + 16 <= k; p += 16) product_columns<2>(v, u + p, out + p, rows, c, k);
  if (p < k) product_columns<1>(v, u + p, out + p, rows, c, k);
}

// Adds to 4 rows and P vectors of `to` (c, k) the transpose of v (rows, c), times m (rows, k).
template <int P>
inline void outer_block(const float *v, const float *m, float *to, int64_t rows, int64_t c, int64_t k) {
  v8 sum[4][P];
#pragma GCC unroll 4
  for (int r = 0; r < 4; r++) {
#pragma GCC unroll 2
    for (int p = 0; p < P; p++) sum[r][p] = load(to + r * k + 8 * p);
  }
  for (int64_t i = 0; i < rows; i++) {
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) {
#pragma GCC unroll 2
      for (int p = 0; p < P; p++) sum[r][p] += v[i * c + r] * load(m + i * k + 8 * p);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < 4; r++) {
#pragma GCC unroll 2
    for (int p = 0; p < P; p++) store(to + r * k + 8 * p, sum[r][p]);
  }
}

inline void outer(const float *v, const float *m, float *to, int64_t rows, int64_t c, int64_t k) {
  for (int64_t r = 0; r < c; r += 4) {
    int64_t p = 0;
    for (; p + 16 <= k; p += 16) outer_block<2>(v + r, m + p, to + r * k + p, rows, c, k);
    if (p < k) outer_block<1>(v + r, m + p, to + r * k + p, rows, c, k);
  }
}

// Transforms filters (a, 3, 3, b) to (products, a, b). For a gradient they are turned by 180 degrees.
inline void spread_filters(const float *w, int64_t a, int64_t b, bool turned, float *to) {
  for (int64_t i = 0; i < a * b; i += 8) {
    v8 tile[products];
    for (int r = 0; r < 3; r++)
      for (int s = 0; s < 3; s++)
        tile[places * r + s] = load(w + (i / b * 9 + (turned ? 8 - 3 * r - s : 3 * r + s)) * b + i % b);
    transform<Filter>(tile);
    for (int q = 0; q < products; q++) store(to + q * a * b + i, tile[q]);
  }
}

// Sums n parts of the filters' transformed gradient, (products, a, b) each, and transforms them back to (a, 3, 3, b):
// values 8*first to 8*last-1.
inline void gather_filters(const float *parts, int64_t n, int64_t a, int64_t b, int64_t first, int64_t last,
                           float *to) {
  for (int64_t i = 8 * first; i < 8 * last; i += 8) {
    v8 tile[products] = {};
    for (int64_t part = 0; part < n; part++)
      for (int q = 0; q < products; q++) tile[q] += load(parts + (part * products + q) * a * b + i);
    transform<FilterGradient>(tile);
    for (int r = 0; r < 3; r++)
      for (int s = 0; s < 3; s++) store(to + (i / b * 9 + 3 * r + s) * b + i % b, tile[places * r + s]);
  }
}

// What is done with a convolution's results, in this order: add the bias, add the residual, clear values below 0 (relu)
// or where y <= 0, add to the sum per channel. A null pointer leaves its part out. NaN stays NaN.
struct Epilogue {
  const float *bias = nullptr, *residual = nullptr, *y = nullptr;
  bool relu = false;
  float *sum = nullptr;
};

// Writes the results of tiles from their products m (products, chunk, k).
inline void write(const Tiles &tiles, const float *m, int64_t k, int64_t first, int64_t count, const Epilogue &e,
                  float *out) {
  for (int64_t q = 0; q < k; q += 8) {
    const v8 bias = e.bias ? load(e.bias + q) : v8{};
    v8 sum = {};
    for (int64_t t = 0; t < count; t++) {
      v8 tile[products];
      for (int i = 0; i < products; i++) tile[i] = load(m + (i * chunk + t) * k + q);
      transform<Output>(tile);
      const auto place = tiles.place(first + t);
      const int64_t bottom = std::min(side, tiles.h - tiles.border - place.y),
                    right = std::min(side, tiles.w - tiles.border - place.x);
      for (int64_t i = 0; i < bottom; i++) {
        for (int64_t j = 0; j < right; j++) {
          const int64_t at = (place.image + (place.y + i) * tiles.w + place.x + j) * k + q;
          v8 v = tile[places * i + j] + bias;
          if (e.residual) v += load(e.residual + at);
          if (e.relu) v = v < 0 ? v8{} : v;
          if (e.y) v = load(e.y + at) <= 0 ? v8{} : v;
          sum += v;
          store(out + at, v);
        }
      }
    }
    if (e.sum) store(e.sum + q, load(e.sum + q) + sum);
  }
}

#pragma GCC pop_options

}  // namespace sg::winograd
