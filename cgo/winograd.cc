//go:build ignore

#include "winograd.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

namespace {

using at::Tensor;

constexpr int64_t side = 4;              // of a tile of results; its input is a pixel larger on each side
constexpr int places = 6;                // of a tile in the transformed domain, along a dimension
constexpr int products = places * places;
constexpr int64_t chunk = 48;            // tiles that are worked on at once, so that they stay in the cache: 0.9 MB for 64 channels

// The tiles of maps (n, h, w) without their border, which no tile's results lie in.
struct Tiles {
  int64_t h, w, border, rows, columns, count;

  Tiles(const Tensor &maps, int64_t border)
      : h(maps.size(2)), w(maps.size(3)), border(border), rows((h - 2 * border + side - 1) / side), columns((w - 2 * border + side - 1) / side),
        count(maps.size(0) * rows * columns) {}

  int64_t chunks() const { return (count + chunk - 1) / chunk; }

  // A tile's image, as the number of the pixels before it, and its first row and column.
  struct Place {
    int64_t image, y, x;
  };
  Place place(int64_t tile) const {
    const int64_t i = tile % (rows * columns);
    return {tile / (rows * columns) * h * w, border + i / columns * side, border + i % columns * side};
  }
};

// How many threads a loop over n parts is given at most. libtorch sets a thread's number up in its first parallel loop: not between this
// and the loop.
int64_t threads(int64_t n) {
  at::internal::lazy_init_num_threads();
  return std::min<int64_t>(at::get_num_threads(), std::max<int64_t>(n, 1));
}

// Room for a chunk of tiles, for each of the threads: of a channels and of b channels.
struct Room {
  Tensor memory;
  int64_t a, b;

  Room(const Tensor &like, int64_t threads, int64_t a, int64_t b) : memory(at::empty({threads, products * chunk * (a + b)}, like.options())), a(a), b(b) {}
  float *first() { return memory.data_ptr<float>() + at::get_thread_num() * memory.size(1); }
  float *second() { return first() + products * chunk * a; }
};

#pragma GCC push_options
#pragma GCC target("avx2,fma")

typedef float v8 __attribute__((vector_size(32), aligned(4), may_alias));  // 8 channels

inline v8 load(const float *p) { return *reinterpret_cast<const v8 *>(p); }
inline void store(float *p, v8 v) { *reinterpret_cast<v8 *>(p) = v; }

// The matrices B^T, A^T and G, and the transposes of the last two, applied to `in` vectors that lie `step` apart, in place. They come
// from the points 0, a, -a, b, -b and infinity; with these sums round about twice as much as plain ones, with Lavin & Gray's 1 and 2
// five times (measured: 64 channels, against float64).
constexpr float a = 0.625f, b = 1.5f, aa = a * a, bb = b * b;
constexpr float at_0 = 1 / (aa * bb), at_a = 1 / (2 * aa * (aa - bb)), at_b = 1 / (2 * bb * (bb - aa));  // what G divides by

struct Input {
  static constexpr int in = 6, out = 6;
  static inline void apply(v8 *d, int step) {
    const v8 d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    const v8 even_a = d4 - bb * d2, odd_a = a * (d3 - bb * d1), even_b = d4 - aa * d2, odd_b = b * (d3 - aa * d1);
    d[0] = aa * bb * d0 - (aa + bb) * d2 + d4;
    d[step] = even_a + odd_a;
    d[2 * step] = even_a - odd_a;
    d[3 * step] = even_b + odd_b;
    d[4 * step] = even_b - odd_b;
    d[5 * step] = aa * bb * d1 - (aa + bb) * d3 + d5;
  }
};

struct Output {
  static constexpr int in = 6, out = 4;
  static inline void apply(v8 *d, int step) {
    const v8 even_a = d[step] + d[2 * step], odd_a = a * (d[step] - d[2 * step]);
    const v8 even_b = d[3 * step] + d[4 * step], odd_b = b * (d[3 * step] - d[4 * step]);
    d[0] += even_a + even_b;
    d[step] = odd_a + odd_b;
    d[2 * step] = aa * even_a + bb * even_b;
    d[3 * step] = aa * odd_a + bb * odd_b + d[5 * step];
  }
};

struct OutputGradient {
  static constexpr int in = 4, out = 6;
  static inline void apply(v8 *d, int step) {
    const v8 d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    const v8 even_a = d0 + aa * d2, odd_a = a * (d1 + aa * d3), even_b = d0 + bb * d2, odd_b = b * (d1 + bb * d3);
    d[step] = even_a + odd_a;
    d[2 * step] = even_a - odd_a;
    d[3 * step] = even_b + odd_b;
    d[4 * step] = even_b - odd_b;
    d[5 * step] = d3;
  }
};

struct Filter {
  static constexpr int in = 3, out = 6;
  static inline void apply(v8 *d, int step) {
    const v8 g0 = d[0], g1 = d[step], g2 = d[2 * step];
    const v8 even_a = at_a * (g0 + aa * g2), odd_a = at_a * a * g1, even_b = at_b * (g0 + bb * g2), odd_b = at_b * b * g1;
    d[0] = at_0 * g0;
    d[step] = even_a + odd_a;
    d[2 * step] = even_a - odd_a;
    d[3 * step] = even_b + odd_b;
    d[4 * step] = even_b - odd_b;
    d[5 * step] = g2;
  }
};

struct FilterGradient {
  static constexpr int in = 6, out = 3;
  static inline void apply(v8 *d, int step) {
    const v8 even_a = at_a * (d[step] + d[2 * step]), odd_a = at_a * (d[step] - d[2 * step]);
    const v8 even_b = at_b * (d[3 * step] + d[4 * step]), odd_b = at_b * (d[3 * step] - d[4 * step]);
    d[0] = at_0 * d[0] + even_a + even_b;
    d[step] = a * odd_a + b * odd_b;
    d[2 * step] = aa * even_a + bb * even_b + d[5 * step];
  }
};

// Both dimensions of a tile that lies in `places` rows of `places`.
template <class Transform>
inline void transform(v8 *tile) {
#pragma GCC unroll 6
  for (int j = 0; j < Transform::in; j++) Transform::apply(tile + j, places);
#pragma GCC unroll 6
  for (int i = 0; i < Transform::out; i++) Transform::apply(tile + places * i, 1);
}

// The transformed tiles of maps with c channels innermost from tile `first` on: to (products, chunk, c). Outside of the maps are zeros,
// and where the tiles are of results (halo 0), outside of what they cover too.
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

// R rows and P vectors of out (rows, k) = v (rows, c) u (c, k).
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

void product(const float *v, const float *u, float *out, int64_t rows, int64_t c, int64_t k) {
  int64_t p = 0;
  for (; p + 16 <= k; p += 16) product_columns<2>(v, u + p, out + p, rows, c, k);
  if (p < k) product_columns<1>(v, u + p, out + p, rows, c, k);
}

// 4 rows and P vectors of sum (c, k) += the transpose of v (rows, c), times m (rows, k).
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

void outer(const float *v, const float *m, float *to, int64_t rows, int64_t c, int64_t k) {
  for (int64_t r = 0; r < c; r += 4) {
    int64_t p = 0;
    for (; p + 16 <= k; p += 16) outer_block<2>(v + r, m + p, to + r * k + p, rows, c, k);
    if (p < k) outer_block<1>(v + r, m + p, to + r * k + p, rows, c, k);
  }
}

// Filters (a, 3, 3, b) to (products, a, b), turned by half a turn where they are for a gradient.
void spread_filters(const float *w, int64_t a, int64_t b, bool turned, float *to) {
  for (int64_t i = 0; i < a * b; i += 8) {
    v8 tile[products];
    for (int r = 0; r < 3; r++)
      for (int s = 0; s < 3; s++) tile[places * r + s] = load(w + (i / b * 9 + (turned ? 8 - 3 * r - s : 3 * r + s)) * b + i % b);
    transform<Filter>(tile);
    for (int q = 0; q < products; q++) store(to + q * a * b + i, tile[q]);
  }
}

// Values first..last-1, in eights, of the filters' gradient (a, 3, 3, b) from n parts as spread_filters writes them, summed.
void gather_filters(const float *parts, int64_t n, int64_t a, int64_t b, int64_t first, int64_t last, float *to) {
  for (int64_t i = 8 * first; i < 8 * last; i += 8) {
    v8 tile[products] = {};
    for (int64_t part = 0; part < n; part++)
      for (int q = 0; q < products; q++) tile[q] += load(parts + (part * products + q) * a * b + i);
    transform<FilterGradient>(tile);
    for (int r = 0; r < 3; r++)
      for (int s = 0; s < 3; s++) store(to + (i / b * 9 + 3 * r + s) * b + i % b, tile[places * r + s]);
  }
}

// What becomes of a convolution's results, in this order: a bias is added, then a residual, then what is below 0, or where y <= 0, is
// cleared; sum takes them up, channel by channel. NULL: none. NaN stays NaN.
struct Epilogue {
  const float *bias = nullptr, *residual = nullptr, *y = nullptr;
  bool relu = false;
  float *sum = nullptr;
};

// Writes the results of tiles whose products lie in m (products, chunk, k).
void write(const Tiles &tiles, const float *m, int64_t k, int64_t first, int64_t count, const Epilogue &e, float *out) {
  for (int64_t q = 0; q < k; q += 8) {
    const v8 bias = e.bias ? load(e.bias + q) : v8{};
    v8 sum = {};
    for (int64_t t = 0; t < count; t++) {
      v8 tile[products];
      for (int i = 0; i < products; i++) tile[i] = load(m + (i * chunk + t) * k + q);
      transform<Output>(tile);
      const auto place = tiles.place(first + t);
      const int64_t bottom = std::min(side, tiles.h - tiles.border - place.y), right = std::min(side, tiles.w - tiles.border - place.x);
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

const float *values(const Tensor &t) { return t.defined() ? t.data_ptr<float>() : nullptr; }

// maps (n, c, h, w) with filters u (products, c, k): (n, k, h, w), and its sum over n, h, w where it is asked for. The result's border
// is not written.
Tensor convolve(const Tensor &maps, const Tensor &u, int64_t border, const Epilogue &epilogue, Tensor *sum = nullptr) {
  const int64_t c = u.size(1), k = u.size(2);
  const Tiles tiles(maps, border);
  const int64_t workers = threads(tiles.chunks());
  auto out = at::empty({maps.size(0), k, maps.size(2), maps.size(3)}, maps.options(), at::MemoryFormat::ChannelsLast);
  const auto sums = sum ? at::zeros({workers, k}, maps.options()) : Tensor();
  Room room(maps, workers, c, k);
  at::parallel_for(0, tiles.chunks(), 1, [&](int64_t begin, int64_t end) {
    auto e = epilogue;
    if (sum) e.sum = sums.data_ptr<float>() + at::get_thread_num() * k;
    for (int64_t first = begin * chunk; first < std::min(end * chunk, tiles.count); first += chunk) {
      const int64_t count = std::min(chunk, tiles.count - first);
      spread<Input>(tiles, values(maps), c, first, count, 1, room.first());
      for (int64_t q = 0; q < products; q++) product(room.first() + q * chunk * c, values(u) + q * c * k, room.second() + q * chunk * k, count, c, k);
      write(tiles, room.second(), k, first, count, e, out.data_ptr<float>());
    }
  });
  if (sum) *sum = sums.sum(0);
  return out;
}

// (k, c, 3, 3) as (c, 3, 3, k), or as (k, 3, 3, c), transformed.
Tensor transformed(const Tensor &w, bool gradient) {
  const auto in_order = w.permute(gradient ? at::IntArrayRef{0, 2, 3, 1} : at::IntArrayRef{1, 2, 3, 0}).contiguous();
  auto u = at::empty({products, in_order.size(0), in_order.size(3)}, w.options());
  spread_filters(values(in_order), u.size(1), u.size(2), gradient, u.data_ptr<float>());
  return u;
}

struct Winograd : sg::Kernels {
  int64_t multiple() const override { return 1; }

  Tensor forward(const Tensor &x, const Tensor &w, const Tensor &b, int64_t stride, const Tensor &residual, bool relu, int64_t p) override {
    if (!suits(w.size(0), w.size(1), w.size(2), stride)) return innermost(other.forward(x, w, b, stride, residual, relu, p));
    Epilogue e;
    e.bias = values(b);
    e.residual = values(residual);
    e.relu = relu;
    return convolve(x, transformed(w, false), p, e);
  }

  std::pair<Tensor, Tensor> input_gradient(const Tensor &dy, const Tensor &w, const Tensor &x, int64_t stride, const Tensor &residual,
                                           bool masked) override {
    if (!suits(w.size(0), w.size(1), w.size(2), stride)) {
      const auto [dx, db] = other.input_gradient(dy, w, x, stride, residual, masked);
      return {innermost(dx), db};
    }
    Epilogue e;
    e.residual = values(residual);
    if (!masked) return {convolve(dy, transformed(w, true), 0, e), {}};
    e.y = values(x);
    Tensor sum;
    const auto dx = convolve(dy, transformed(w, true), 0, e, &sum);
    return {dx, sum};
  }

  Tensor weight_gradient(const Tensor &dy, const Tensor &x, int64_t r, int64_t stride, int64_t p) override {
    const int64_t c = x.size(1), k = dy.size(1);
    if (!suits(k, c, r, stride)) return other.weight_gradient(dy, x, r, stride, p);
    const Tiles tiles(x, p);
    const int64_t workers = threads(tiles.chunks());
    Room room(x, workers, c, k);
    const auto parts = at::zeros({workers, products, c, k}, x.options());
    at::parallel_for(0, tiles.chunks(), 1, [&](int64_t begin, int64_t end) {
      float *part = parts.data_ptr<float>() + at::get_thread_num() * products * c * k;
      for (int64_t first = begin * chunk; first < std::min(end * chunk, tiles.count); first += chunk) {
        const int64_t count = std::min(chunk, tiles.count - first);
        spread<Input>(tiles, values(x), c, first, count, 1, room.first());
        spread<OutputGradient>(tiles, values(dy), k, first, count, 0, room.second());
        for (int64_t q = 0; q < products; q++) outer(room.first() + q * chunk * c, room.second() + q * chunk * k, part + q * c * k, count, c, k);
      }
    });
    auto dw = at::empty({c, 3, 3, k}, x.options());
    at::parallel_for(0, c * k / 8, 64, [&](int64_t begin, int64_t end) { gather_filters(values(parts), workers, c, k, begin, end, dw.data_ptr<float>()); });
    return dw.permute({3, 0, 1, 2});
  }

 private:
  static bool suits(int64_t k, int64_t c, int64_t r, int64_t stride) { return r == 3 && stride == 1 && k % 8 == 0 && c % 8 == 0; }
  static Tensor innermost(const Tensor &t) { return t.contiguous(at::MemoryFormat::ChannelsLast); }

  sg::Kernels &other = sg::reference_kernels();
};

}  // namespace

int sg_has_winograd(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

sg::Kernels &sg::winograd_kernels() {
  TORCH_CHECK(sg_has_winograd(), "this processor lacks AVX2 or FMA");
  static Winograd kernels;
  return kernels;
}
