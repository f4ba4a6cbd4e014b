// The transforms of Winograd's F(4x4, 3x3), 8 channels at a time with AVX2, 16 with AVX-512. winograd_avx2.cc and
// winograd_avx512.cc compile this for different instructions: all is in an unnamed namespace. They define `lanes`, the
// channels per vector.
#pragma once
#include "kernels/winograd_steps.h"

namespace sg::winograd {
namespace {

typedef float vec __attribute__((vector_size(4 * lanes), aligned(4), may_alias));

inline vec load(const float *p) { return *reinterpret_cast<const vec *>(p); }
inline void store(float *p, vec v) { *reinterpret_cast<vec *>(p) = v; }

// The matrices B^T, A^T and G, and the transposes of the last two. Each is applied in place to `in` vectors that lie
// `step` apart. They come from the points 0, a, -a, b, -b and infinity. With these points the error of sums is about
// twice that of plain sums; with Lavin & Gray's 1 and 2 it is five times (measured: 64 channels, against float64).
constexpr float a = 0.625f, b = 1.5f, aa = a * a, bb = b * b;
// The divisors in G, as factors.
constexpr float at_0 = 1 / (aa * bb), at_a = 1 / (2 * aa * (aa - bb)), at_b = 1 / (2 * bb * (bb - aa));

// Writes the values at a, -a, b and -b from their even and odd parts.
inline void at_points(vec *d, int step, vec even_a, vec odd_a, vec even_b, vec odd_b) {
  d[step] = even_a + odd_a;
  d[2 * step] = even_a - odd_a;
  d[3 * step] = even_b + odd_b;
  d[4 * step] = even_b - odd_b;
}

struct Input {
  static constexpr int in = 6, out = 6;
  static inline void apply(vec *d, int step) {
    const vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    const vec even_a = d4 - bb * d2, odd_a = a * (d3 - bb * d1), even_b = d4 - aa * d2, odd_b = b * (d3 - aa * d1);
    d[0] = aa * bb * d0 - (aa + bb) * d2 + d4;
    at_points(d, step, even_a, odd_a, even_b, odd_b);
    d[5 * step] = aa * bb * d1 - (aa + bb) * d3 + d5;
  }
};

struct Output {
  static constexpr int in = 6, out = 4;
  static inline void apply(vec *d, int step) {
    const vec even_a = d[step] + d[2 * step], odd_a = a * (d[step] - d[2 * step]);
    const vec even_b = d[3 * step] + d[4 * step], odd_b = b * (d[3 * step] - d[4 * step]);
    d[0] += even_a + even_b;
    d[step] = odd_a + odd_b;
    d[2 * step] = aa * even_a + bb * even_b;
    d[3 * step] = aa * odd_a + bb * odd_b + d[5 * step];
  }
};

struct OutputGradient {
  static constexpr int in = 4, out = 6;
  static inline void apply(vec *d, int step) {
    const vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    const vec even_a = d0 + aa * d2, odd_a = a * (d1 + aa * d3), even_b = d0 + bb * d2, odd_b = b * (d1 + bb * d3);
    at_points(d, step, even_a, odd_a, even_b, odd_b);
    d[5 * step] = d3;
  }
};

struct Filter {
  static constexpr int in = 3, out = 6;
  static inline void apply(vec *d, int step) {
    const vec g0 = d[0], g1 = d[step], g2 = d[2 * step];
    const vec even_a = at_a * (g0 + aa * g2), odd_a = at_a * a * g1, even_b = at_b * (g0 + bb * g2),
              odd_b = at_b * b * g1;
    d[0] = at_0 * g0;
    at_points(d, step, even_a, odd_a, even_b, odd_b);
    d[5 * step] = g2;
  }
};

struct FilterGradient {
  static constexpr int in = 6, out = 3;
  static inline void apply(vec *d, int step) {
    const vec even_a = at_a * (d[step] + d[2 * step]), odd_a = at_a * (d[step] - d[2 * step]);
    const vec even_b = at_b * (d[3 * step] + d[4 * step]), odd_b = at_b * (d[3 * step] - d[4 * step]);
    d[0] = at_0 * d[0] + even_a + even_b;
    d[step] = a * odd_a + b * odd_b;
    d[2 * step] = aa * even_a + bb * even_b + d[5 * step];
  }
};

// Transforms both dimensions of a tile, which has `places` rows of `places` vectors.
template <class Transform>
inline void transform(vec *tile) {
#pragma GCC unroll 6
  for (int j = 0; j < Transform::in; j++) Transform::apply(tile + j, places);
#pragma GCC unroll 6
  for (int i = 0; i < Transform::out; i++) Transform::apply(tile + places * i, 1);
}

}  // namespace
}  // namespace sg::winograd
