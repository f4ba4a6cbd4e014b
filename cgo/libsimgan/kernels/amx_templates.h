// The kernels of amx.h over Tiles, which is AMX or its emulation.
#pragma once
#include "kernels/amx_border.h"
#include "kernels/amx_convolve.h"
#include "kernels/amx_pool.h"
#include "kernels/amx_weights.h"

namespace sg::amx {
namespace {

template <class Tiles>
struct KernelsOver : Kernels {
  void begin() const override { Tiles::begin(); }
  void end() const override { Tiles::end(); }

  void forward(const Walk &walk, const bits *x, const Filters &filters, const Results &to) const override {
    convolve<Tiles>(walk, x, filters, WriteResults{to, filters.out});
  }
  void forward(const Walk &walk, const bits *x, const Filters &filters, const float *bias, float *y) const override {
    convolve<Tiles>(walk, x, filters, WriteFloats{bias, y, filters.out});
  }
  void input_gradient(const Walk &walk, const bits *dy, const Filters &filters, const Gradients &to) const override {
    convolve<Tiles>(walk, dy, filters, WriteGradients{to, filters.out});
  }
  void weight_gradient(const std::vector<Walk::Tap> &taps, const bits *x, int64_t c, const bits *dy, int64_t k,
                       int64_t n, Scratch &scratch, float *dw) const override {
    add_weight_gradient<Tiles>(taps, x, c, dy, k, n, scratch, dw);
  }
  void pool(const Pool &pool, const bits *x, bits *y) const override { take_maxima(pool, x, y); }
  void unpool(const Pool &pool, const bits *x, const bits *dy, int64_t n, Scratch &scratch, bits *dx) const override {
    send_to_maxima(pool, x, dy, n, scratch, dx);
  }
  void put(const float *x, int64_t channels, const Map &map, bits *image) const override {
    put_images(x, channels, map, image);
  }
  void fill(const Map &map, bool replicate, bits *image) const override { fill_border(map, replicate, image); }
  void fold(const Map &map, bits *image) const override { fold_edges(map, image); }
};

}  // namespace
}  // namespace sg::amx
