// The steps of Winograd's convolutions for a chunk of tiles, in one version per set of instructions.
#pragma once
#include <ATen/core/Tensor.h>

namespace sg::winograd {

constexpr int places = 6;  // values per dimension of a transformed tile
constexpr int products = places * places;

// The side of a tile of results. A tile of inputs is a pixel larger on each side.
constexpr int64_t side = 4;
// Tiles per chunk. A chunk stays in the cache: 0.9 MB for 64 channels.
constexpr int64_t chunk = 48;
// Rows of memory per product of a chunk. One more than a chunk has: else the products of a tile, 12 KB apart with 64
// channels, would all lie in the same set of the cache.
constexpr int64_t pitch = chunk + 1;

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

// What is done with a convolution's results, in this order: add the bias, add the residual, clear values below 0 (relu)
// or where y <= 0, add to the sum per channel. A null pointer leaves its part out. NaN stays NaN.
struct Epilogue {
  const float *bias = nullptr, *residual = nullptr, *y = nullptr;
  bool relu = false;
  float *sum = nullptr;
};

struct Steps {
  virtual ~Steps() = default;
  // Transform `count` tiles of inputs, or of gradients at results, from tile `first` on: to (products, pitch, c).
  virtual void spread_inputs(const Tiles &tiles, const float *maps, int64_t c, int64_t first, int64_t count,
                             float *to) const = 0;
  virtual void spread_gradients(const Tiles &tiles, const float *maps, int64_t c, int64_t first, int64_t count,
                                float *to) const = 0;
  // out (rows, k) = v (rows, c) u (c, k)
  virtual void product(const float *v, const float *u, float *out, int64_t rows, int64_t c, int64_t k) const = 0;
  // Adds to `to` (c, k) the transpose of v (rows, c), times m (rows, k).
  virtual void outer(const float *v, const float *m, float *to, int64_t rows, int64_t c, int64_t k) const = 0;
  // Transforms filters (a, 3, 3, b) to (products, a, b). For a gradient they are turned by 180 degrees.
  virtual void spread_filters(const float *w, int64_t a, int64_t b, bool turned, float *to) const = 0;
  // Sums n parts of the filters' transformed gradient, (products, a, b) each, and transforms them back to (a, 3, 3, b):
  // values `first` to last-1.
  virtual void gather_filters(const float *parts, int64_t n, int64_t a, int64_t b, int64_t first, int64_t last,
                              float *to) const = 0;
  // Writes the results of tiles from their products m (products, pitch, k).
  virtual void write(const Tiles &tiles, const float *m, int64_t k, int64_t first, int64_t count, const Epilogue &e,
                     float *out) const = 0;
};

const Steps &avx2_steps();    // channels in multiples of 8
const Steps &avx512_steps();  // channels in multiples of 16; the same bytes

}  // namespace sg::winograd
