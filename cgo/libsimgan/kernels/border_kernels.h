// border.h as kernels: one launch per map instead of libtorch's operations on views. The kernels are plain functions of
// an index. NVRTC compiles this file for the GPU (libsimgan_cuda/device_kernels.cc), C++ for the CPU, on which tests
// compare it with border.h. It includes nothing, because NVRTC has no headers.
#pragma once

namespace sg::rtc {

// The bits of a bfloat16.
struct BFloat16 {
  unsigned short bits;
};

inline float value(float x) { return x; }

inline float value(BFloat16 x) {
  const union {
    unsigned bits;
    float value;
  } wide = {static_cast<unsigned>(x.bits) << 16};
  return wide.value;
}

inline void put(float &to, float x) { to = x; }

// Rounds to the nearest value, halves to even.
inline void put(BFloat16 &to, float x) {
  const union {
    float value;
    unsigned bits;
  } wide = {x};
  to.bits = x != x ? 0x7fc0 : static_cast<unsigned short>((wide.bits + 0x7fff + (wide.bits >> 16 & 1)) >> 16);
}

// Eight neighbouring channels, which are moved at once.
template <class T>
struct alignas(8 * sizeof(T)) Eight {
  T of[8];
};

// Feature maps with channels innermost. Each image has h x w pixels, including a border of p pixels, and c channels, a
// multiple of 8. Inside the border are at least 2 x 2 pixels.
struct Map {
  int h, w, c, p;

  int last_y() const { return h - p - 1; }
  int last_x() const { return w - p - 1; }
  int image() const { return h * w * (c / 8); }  // in Eights
  int filled() const { return (h * w - (h - 2 * p) * (w - 2 * p)) * (c / 8); }
  int folded() const { return 2 * (h + w - 4 * p - 2) * (c / 8); }
};

struct Pixel {
  int y, x;
};

// The j-th pixel of the border: the rows above, the rows below, then left and right of the rows between.
inline Pixel border_pixel(const Map &m, int j) {
  const int above = m.p * m.w;
  if (j < above) return {j / m.w, j % m.w};
  if (j < 2 * above) return {m.last_y() + 1 + (j - above) / m.w, j % m.w};
  j -= 2 * above;
  const int x = j % (2 * m.p);
  return {m.p + j / (2 * m.p), x < m.p ? x : m.w - 2 * m.p + x};
}

// The j-th pixel of the edge that the border repeats: the row above, the row below, then left and right alternately.
inline Pixel edge_pixel(const Map &m, int j) {
  const int w = m.w - 2 * m.p;
  if (j < w) return {m.p, m.p + j};
  if (j < 2 * w) return {m.last_y(), m.p + j - w};
  j -= 2 * w;
  return {m.p + 1 + j / 2, j % 2 == 0 ? m.p : m.last_x()};
}

inline int within(int v, int first, int last) { return v < first ? first : v > last ? last : v; }

// Fills the i-th of m.filled() Eights of an image's border with the edge's value.
template <class T>
inline void fill(Eight<T> *image, const Map &m, int i) {
  const int eights = m.c / 8;
  const Pixel to = border_pixel(m, i / eights);
  const int y = within(to.y, m.p, m.last_y()), x = within(to.x, m.p, m.last_x());
  image[(to.y * m.w + to.x) * eights + i % eights] = image[(y * m.w + x) * eights + i % eights];
}

// Adds the border's values to the i-th of m.folded() Eights of an image's edge, and clears them. Sums are float32,
// rounded once.
template <class T>
inline void fold(Eight<T> *image, const Map &m, int i) {
  const int eights = m.c / 8;
  const Pixel edge = edge_pixel(m, i / eights);
  image += i % eights;
  float sum[8] = {};
  for (int y = edge.y == m.p ? 0 : edge.y; y <= (edge.y == m.last_y() ? m.h - 1 : edge.y); y++) {
    for (int x = edge.x == m.p ? 0 : edge.x; x <= (edge.x == m.last_x() ? m.w - 1 : edge.x); x++) {
      auto &at = image[(y * m.w + x) * eights];
      const Eight<T> part = at;
      for (int k = 0; k < 8; k++) sum[k] += value(part.of[k]);
      at = Eight<T>{};
    }
  }
  Eight<T> whole;
  for (int k = 0; k < 8; k++) put(whole.of[k], sum[k]);
  image[(edge.y * m.w + edge.x) * eights] = whole;
}

}  // namespace sg::rtc

#ifdef __CUDACC_RTC__
// blockIdx.x is the image, blockIdx.y a part of its Eights.
extern "C" __global__ void fill_border(sg::rtc::Eight<sg::rtc::BFloat16> *maps, sg::rtc::Map m) {
  const int i = blockIdx.y * blockDim.x + threadIdx.x;
  if (i < m.filled()) sg::rtc::fill(maps + static_cast<long long>(blockIdx.x) * m.image(), m, i);
}

extern "C" __global__ void fold_border(sg::rtc::Eight<sg::rtc::BFloat16> *maps, sg::rtc::Map m) {
  const int i = blockIdx.y * blockDim.x + threadIdx.x;
  if (i < m.folded()) sg::rtc::fold(maps + static_cast<long long>(blockIdx.x) * m.image(), m, i);
}
#endif
