// A convolution by tiles: 32 positions by 32 outputs at a time, in four tiles of sums. While the tiles multiply, the
// results of the 32 positions before are finished and written.
#pragma once
#include <algorithm>

#include "kernels/amx_vectors.h"

namespace sg::amx {
namespace {

// Sums that wait to be written: `rows` rows of 32 outputs.
struct Block {
  const float *sums = nullptr;
  int64_t position = 0, step = 0, row = 0, rows = 0;

  template <class Write>
  inline __attribute__((always_inline)) void write(Write &to, int64_t n) {
    for (const int64_t end = std::min(row + n, rows); row < end; row++) {
      const float *sum = sums + row / 16 * 512 + row % 16 * 16;
      to.write(load(sum), load(sum + 256), position + row * step);
    }
  }
};

// Leaves the sums of A * 16 positions from x on in tiles 0 to 3. Meanwhile writes the block before.
template <class Tiles, int A, class Write>
inline __attribute__((always_inline)) void multiply(const Walk &walk, const bits *x, const Filters &f, int64_t outputs,
                                                    Block &before, Write &to) {
  const int64_t bytes = walk.in_step * f.in * sizeof(bits), inputs = f.in / lanes;
  Tiles::template zero<0>(), Tiles::template zero<1>();
  if (A == 2) Tiles::template zero<2>(), Tiles::template zero<3>();
  for (const auto &tap : walk.taps) {
    const bits *a = x + tap.offset * f.in, *b = f.values + (outputs / lanes * f.taps + tap.index) * inputs * 1024;
    for (int64_t i = 0; i < inputs; i++, a += lanes, b += 1024) {
      Tiles::template load<4>(a, bytes);
      Tiles::template load<6>(b, 64);
      Tiles::template load<7>(b + 512, 64);
      if (A == 2) Tiles::template load<5>(a + 16 * walk.in_step * f.in, bytes);
      Tiles::template multiply<0, 4, 6>(), Tiles::template multiply<1, 4, 7>();
      if (A == 2) Tiles::template multiply<2, 5, 6>(), Tiles::template multiply<3, 5, 7>();
      before.write(to, 2);
    }
  }
}

// Results `first` to last-1 of every run.
template <class Tiles, class Write>
inline void convolve_part(const Walk &walk, int64_t first, int64_t last, const bits *x, const Filters &f, Write &to) {
  alignas(64) float sums[2][4 * 256];
  int next = 0;
  for (int64_t outputs = 0; outputs < f.out; outputs += lanes) {
    to.begin(outputs);
    Block before;
    for (const auto &run : walk.runs) {
      for (int64_t i = first; i < std::min(last, run.count); i += 32) {
        const bits *from = x + (run.in + i * walk.in_step) * f.in;
        const int64_t rows = std::min<int64_t>(32, std::min(last, run.count) - i);
        float *now = sums[next];
        next = 1 - next;
        if (rows > 16) {
          multiply<Tiles, 2>(walk, from, f, outputs, before, to);
          Tiles::template store<2>(now + 512), Tiles::template store<3>(now + 768);
        } else {
          multiply<Tiles, 1>(walk, from, f, outputs, before, to);
        }
        Tiles::template store<0>(now), Tiles::template store<1>(now + 256);
        before.write(to, 32);
        before = {now, run.out + i * walk.out_step, walk.out_step, 0, rows};
      }
    }
    before.write(to, 32);
    to.end();
  }
}

// A part of a long run is in the cache when the next outputs read it again.
template <class Tiles, class Write>
inline void convolve(const Walk &walk, const bits *x, const Filters &f, Write to) {
  constexpr int64_t part = 2048;
  int64_t longest = 0;
  for (const auto &run : walk.runs) longest = std::max(longest, run.count);
  for (int64_t i = 0; i < longest; i += part) convolve_part<Tiles>(walk, i, i + part, x, f, to);
}

struct WriteResults {
  Results to;
  int64_t channels, first = 0;
  v16 low{}, high{};  // the bias

  inline void begin(int64_t outputs) {
    first = outputs;
    low = load(to.bias + first);
    high = load(to.bias + first + 16);
  }
  inline void write(v16 u, v16 v, int64_t position) {
    const int64_t at = position * channels + first;
    __builtin_prefetch(to.y + at + 64 * channels, /*write=*/1);
    u += low;
    v += high;
    if (to.residual) {
      u += wide(to.residual + at);
      v += wide(to.residual + at + 16);
    }
    if (to.relu) {
      u = u < 0 ? v16{} : u;
      v = v < 0 ? v16{} : v;
    }
    store(to.y + at, u, v);
  }
  inline void end() {}
};

struct WriteFloats {
  const float *bias;
  float *y;
  int64_t channels, first = 0;

  inline void begin(int64_t outputs) { first = outputs; }
  inline void write(v16 u, v16 v, int64_t position) {
    store(y + position * channels + first, u + load(bias + first));
    store(y + position * channels + first + 16, v + load(bias + first + 16));
  }
  inline void end() {}
};

struct WriteGradients {
  Gradients to;
  int64_t channels, first = 0;
  v16 low{}, high{};  // the sum

  inline void begin(int64_t outputs) {
    first = outputs;
    low = high = v16{};
  }
  inline void write(v16 u, v16 v, int64_t position) {
    const int64_t at = position * channels + first;
    if (to.next) __builtin_prefetch(to.next + at);
    if (to.residual) {
      u += wide(to.residual + at);
      v += wide(to.residual + at + 16);
    }
    if (to.x) {
      u = wide(to.x + at) <= 0 ? v16{} : u;
      v = wide(to.x + at + 16) <= 0 ? v16{} : v;
      low += u;
      high += v;
    }
    store(to.dx + at, u, v);
  }
  inline void end() {
    if (!to.x) return;
    store(to.sum + first, load(to.sum + first) + low);
    store(to.sum + first + 16, load(to.sum + first + 16) + high);
  }
};

}  // namespace
}  // namespace sg::amx
