// Convolutions in bfloat16 on the CPU by AMX, whose tile instructions multiply 16 x 32 by 32 x 16 values and add to
// 16 x 16 sums in float32. Without AMX, an emulation in plain C++ computes the same, slowly, for tests.
//
// Pointers to maps (amx_map.h) point to position 0 of an image.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "kernels/amx_map.h"

namespace sg::amx {

// Filters in the order in which tiles take them: (out/32, taps, in/32, 2, 16, 16, 2). The last four dimensions are
// half of 32 outputs, pair of inputs, output, input of the pair.
struct Filters {
  const bits *values;
  int64_t taps, in, out;
};

// How a convolution goes over maps: the result at position out + i * out_step of a run is a sum over the taps, of
// filters `index` times the input at position in + i * in_step + offset.
struct Walk {
  struct Run {
    int64_t in, out, count;
  };
  struct Tap {
    int64_t offset, index;
  };
  std::vector<Run> runs;
  std::vector<Tap> taps;
  int64_t in_step, out_step;
};

// What is done with sums before they are written to y: + bias, + residual (if any), max(., 0) (if relu).
struct Results {
  const float *bias;
  const bits *residual;
  bool relu;
  bits *y;
};

// What is done with gradients before they are written to dx: + residual (if any); if x is given, which was max(z, 0),
// the gradient is that at z, and its sum per channel is added to sum. `next` are maps like dx that are read after this,
// if any: they are brought into the cache.
struct Gradients {
  const bits *residual, *x;
  bits *dx;
  float *sum;
  const bits *next;
};

// The windows of a max-pool over maps with c channels: out h x w, from position `in` on of rows of in_pitch positions,
// to position `out` on of rows of out_pitch.
struct Pool {
  int64_t c, size, stride, h, w, in, in_pitch, out, out_pitch;
};

// Memory that grows, aligned to cache lines. Tiles read whole lines then.
template <class T>
class Buffer {
 public:
  // Returns room for n values, which may have been lost.
  T *get(int64_t n) {
    if (n > size_) {
      values_.reset(static_cast<T *>(std::aligned_alloc(64, (n * sizeof(T) + 63) / 64 * 64)));
      if (!values_) throw std::bad_alloc();
      size_ = n;
    }
    return values_.get();
  }

 private:
  struct Free {
    void operator()(T *p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> values_;
  int64_t size_ = 0;
};

// Memory of one thread for the gradients of filters and pools.
struct Scratch {
  Buffer<bits> columns, even, odd, pairs, rest;
  Buffer<float> sums;
};

struct Kernels {
  virtual ~Kernels() = default;
  // Every thread calls begin before the functions below, and end after them.
  virtual void begin() const = 0;
  virtual void end() const = 0;

  virtual void forward(const Walk &walk, const bits *x, const Filters &filters, const Results &to) const = 0;
  // The last layer: y gets the sums + bias in float32, filters.out values per position.
  virtual void forward(const Walk &walk, const bits *x, const Filters &filters, const float *bias, float *y) const = 0;
  virtual void input_gradient(const Walk &walk, const bits *dy, const Filters &filters, const Gradients &to) const = 0;
  // Adds to dw (taps, c, k): for each tap, x at every position of n times dy at the position less the tap's offset. All
  // that dy reads outside of its buffer is zero.
  virtual void weight_gradient(const std::vector<Walk::Tap> &taps, const bits *x, int64_t c, const bits *dy, int64_t k,
                               int64_t n, Scratch &scratch, float *dw) const = 0;
  virtual void pool(const Pool &pool, const bits *x, bits *y) const = 0;
  // The gradient at x from dy: each window's goes to its first greatest value. dx, of n positions, is overwritten.
  virtual void unpool(const Pool &pool, const bits *x, const bits *dy, int64_t n, Scratch &scratch, bits *dx) const = 0;

  // Puts x (channels, h, w) inside the map. The border, the other channels and the room around the image become zero.
  virtual void put(const float *x, int64_t channels, const Map &map, bits *image) const = 0;
  // Fills the border with the edge's values, or with zeros.
  virtual void fill(const Map &map, bool replicate, bits *image) const = 0;
  // The gradient of filling: adds the border to the edge, and clears the border.
  virtual void fold(const Map &map, bits *image) const = 0;
};

// Whether the processor has AMX with bfloat16 and AVX512-BF16, and the system lets this process use them.
bool available();
const Kernels &hardware();  // needs available()
const Kernels &emulated();

}  // namespace sg::amx
