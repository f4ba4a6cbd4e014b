// The geometry of a network's layers for the kernels of amx.h.
#pragma once
#include <vector>

#include "fused.h"
#include "kernels/amx.h"

namespace sg::amx {

// Outputs, inputs and side of a layer's filters.
struct Shape {
  int64_t outputs, inputs, r;
};

// The taps whose inputs a stride x stride map of x's pixels at (i*stride + y, j*stride + x) holds.
struct Phase {
  int64_t y, x;
  std::vector<Walk::Tap> taps;
};

struct Layer {
  Shape shape;
  sg_fused_layer row;
  Map x, z, y;  // the input, the convolution's result, and the output: z after the pool, if any
  Walk forward;
  std::vector<Walk> input_gradient;
  std::vector<Phase> weight_gradient;  // one if the stride is 1
  Pool pool;

  int64_t filter_values() const { return shape.r * shape.r * x.c * z.c; }
};

// The layers for images of c x h x w. Every map has the border that the largest filter and pool need.
std::vector<Layer> layers_of(int64_t h, int64_t w, const std::vector<sg_fused_layer> &table,
                             const std::vector<Shape> &shapes);

// A layer's filters (outputs, inputs, r, r) in the order of Filters, for forward, or with inputs and outputs exchanged
// for the gradient at the input.
void arrange(const Layer &layer, const float *filters, bool gradient, Buffer<bits> &to);

}  // namespace sg::amx
