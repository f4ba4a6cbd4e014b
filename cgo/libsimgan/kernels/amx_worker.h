// One thread's way through a network's layers, image by image, so that maps stay in the cache from layer to layer.
#pragma once
#include <array>
#include <vector>

#include "kernels/amx_network.h"

namespace sg::amx {

// What all threads share: the layers, and per layer the arranged filters and the bias with added zeros.
struct Network {
  std::vector<Layer> layers;
  bool replicate;  // padding; else zeros
  const Kernels &kernels;
  std::vector<Buffer<bits>> filters;
  std::vector<Buffer<float>> biases;

  Filters arranged(size_t l, bool gradient) {
    const auto &layer = layers[l];
    return {filters[l].get(0), layer.shape.r * layer.shape.r, gradient ? layer.z.c : layer.x.c,
            gradient ? layer.x.c : layer.z.c};
  }
};

// One image's maps: per layer the input, and the convolution's result if there is a pool after it.
struct Maps {
  std::vector<bits *> x, z;
};

// Where a layer's gradients are added: dw (taps, x.c, z.c), null if it is not asked for, and db (z.c).
struct Sums {
  float *dw, *db;
};

class Worker {
 public:
  explicit Worker(Network &network);
  ~Worker() { net_.kernels.end(); }
  Worker(const Worker &) = delete;

  // Maps of an image for a forward pass that no gradient follows. They are the worker's, for one image at a time.
  Maps passing();
  // Takes x (c, h, w) through the layers: y (outputs, h, w) float32. Writes all maps.
  void forward(const float *x, const Maps &maps, float *y);
  // Adds the parameters' gradients to sums, from dy and what forward wrote. Writes dx unless it is null. If the last
  // layer has a pool, dy is zero where y is.
  void backward(const float *dy, const Maps &maps, const std::vector<Sums> &sums, float *dx);

 private:
  bits *room(size_t i, const Map &map) { return rooms_[i].get(most_) + map.image(0); }
  // Computes layer l's convolution, with ReLU, and its pool. to is the layer's output.
  void forward(size_t l, const Maps &maps, bits *to);
  // Writes the gradient at layer l's input; `past` is what the layer after it passes over it.
  void input_gradient(size_t l, const bits *dy, const Maps &maps, const bits *past, float *sum, bits *dx);

  // The gradient at the input of the layer's pool z, from that at its output.
  bits *unpool(const Layer &layer, const bits *z, const bits *dy);

  const bits *phase_of(const Layer &layer, const Phase &phase, const bits *x);
  void weight_gradient(const Layer &layer, const bits *x, const bits *dy, float *dw);

  Network &net_;
  int64_t most_ = 0;                   // values of one image's largest map
  std::array<Buffer<bits>, 5> rooms_;  // three maps in turn, the one before a pool, and a phase
  Buffer<float> last_;
  Scratch scratch_;
};

}  // namespace sg::amx
