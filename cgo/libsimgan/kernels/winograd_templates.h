// The steps over the instructions for which they are compiled.
#pragma once
#include "kernels/winograd_tiles.h"

namespace sg::winograd {
namespace {

struct StepsHere : Steps {
  void spread_inputs(const Tiles &tiles, const float *maps, int64_t c, int64_t first, int64_t count,
                     float *to) const override {
    spread<Input>(tiles, maps, c, first, count, 1, to);
  }
  void spread_gradients(const Tiles &tiles, const float *maps, int64_t c, int64_t first, int64_t count,
                        float *to) const override {
    spread<OutputGradient>(tiles, maps, c, first, count, 0, to);
  }
  void product(const float *v, const float *u, float *out, int64_t rows, int64_t c, int64_t k) const override {
    multiply(v, u, out, rows, c, k);
  }
  void outer(const float *v, const float *m, float *to, int64_t rows, int64_t c, int64_t k) const override {
    add_outer(v, m, to, rows, c, k);
  }
  void spread_filters(const float *w, int64_t a, int64_t b, bool turned, float *to) const override {
    transform_filters(w, a, b, turned, to);
  }
  void gather_filters(const float *parts, int64_t n, int64_t a, int64_t b, int64_t first, int64_t last,
                      float *to) const override {
    transform_back(parts, n, a, b, first, last, to);
  }
  void write(const Tiles &tiles, const float *m, int64_t k, int64_t first, int64_t count, const Epilogue &e,
             float *out) const override {
    write_results(tiles, m, k, first, count, e, out);
  }
};

}  // namespace
}  // namespace sg::winograd
