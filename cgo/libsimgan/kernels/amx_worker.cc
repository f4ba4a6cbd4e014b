#include "kernels/amx_worker.h"

#include <algorithm>
#include <cstring>

namespace sg::amx {
namespace {

// Writes the pixels of a map's first channels to y (channels, h, w), each by value.
template <class T, class F>
void take_out(const Map &map, int64_t channels, const T *image, F value, float *y) {
  for (int64_t c = 0; c < channels; c++)
    for (int64_t i = 0; i < map.h; i++)
      for (int64_t j = 0; j < map.w; j++) *y++ = value(image[(map.inside() + i * map.pitch() + j) * map.c + c]);
}

}  // namespace

Worker::Worker(Network &network) : net_(network) {
  for (const auto &l : net_.layers) most_ = std::max({most_, l.x.values(1), l.z.values(1)});
  net_.kernels.begin();
}

Maps Worker::passing() {
  Maps maps;
  for (size_t l = 0; l < net_.layers.size(); l++) {
    const auto &layer = net_.layers[l];
    maps.x.push_back(room(l % 3, layer.x));
    maps.z.push_back(layer.row.pool > 0 ? room(3, layer.z) : nullptr);
  }
  return maps;
}

void Worker::forward(size_t l, const Maps &maps, bits *to) {
  const auto &k = net_.kernels;
  const auto &layer = net_.layers[l];
  bits *z = layer.row.pool > 0 ? maps.z[l] : to;
  k.forward(layer.forward, maps.x[l], net_.arranged(l, false),
            {net_.biases[l].get(0), layer.row.residual ? maps.x[l - 1] : nullptr, true, z});
  if (layer.row.pool == 0) return;
  k.fill(layer.z, false, z);  // values are not below 0: zeros change no maximum
  k.pool(layer.pool, z, to);
}

void Worker::forward(const float *x, const Maps &maps, float *y) {
  const auto &k = net_.kernels;
  k.put(x, net_.layers[0].shape.inputs, net_.layers[0].x, maps.x[0]);
  k.fill(net_.layers[0].x, net_.replicate, maps.x[0]);
  for (size_t l = 0; l + 1 < net_.layers.size(); l++) {
    forward(l, maps, maps.x[l + 1]);
    k.fill(net_.layers[l].y, net_.replicate, maps.x[l + 1]);
  }
  const size_t n = net_.layers.size() - 1;
  const auto &last = net_.layers[n];
  if (last.row.pool > 0) {
    bits *results = room(0, last.y);  // passing's maps have no need of it any more
    forward(n, maps, results);
    take_out(last.y, last.shape.outputs, results, to_float, y);
    return;
  }
  float *results = last_.get(last.z.positions() * last.z.c);
  k.forward(last.forward, maps.x[n], net_.arranged(n, false), net_.biases[n].get(0), results);
  take_out(last.z, last.shape.outputs, results, [](float v) { return v; }, y);
}

void Worker::input_gradient(size_t l, const bits *dy, const Maps &maps, const bits *past, float *sum, bits *dx) {
  const auto &layer = net_.layers[l];
  const auto &map = layer.x;
  for (const auto &walk : layer.input_gradient)
    net_.kernels.input_gradient(walk, dy, net_.arranged(l, true),
                                {past, l > 0 ? maps.x[l] : nullptr, dx, sum, l > 1 ? maps.x[l - 1] : nullptr});
  if (net_.replicate && layer.shape.r > 1) net_.kernels.fold(map, dx);
  std::memset(dx - map.lead * map.c, 0, map.lead * map.c * sizeof(bits));
  std::memset(dx + map.positions() * map.c, 0, (map.step - map.positions()) * map.c * sizeof(bits));
}

bits *Worker::unpool(const Layer &layer, const bits *z, const bits *dy) {
  bits *g = room(3, layer.z);
  std::memset(g - layer.z.image(0), 0, layer.z.values(1) * sizeof(bits));
  net_.kernels.unpool(layer.pool, z, dy, layer.z.positions(), scratch_, g);
  return g;
}

void Worker::backward(const float *dy, const Maps &maps, const std::vector<Sums> &sums, float *dx) {
  const auto &last = net_.layers.back();
  size_t now = 0;  // the room that holds g
  bits *g = room(now, last.y), *above = nullptr;
  net_.kernels.put(dy, last.shape.outputs, last.y, g);
  for (int64_t i = 0; i < last.shape.outputs * last.y.h * last.y.w; i++)
    sums.back().db[i / (last.y.h * last.y.w)] += dy[i];
  for (size_t l = net_.layers.size(); l-- > 0;) {
    const auto &layer = net_.layers[l];
    if (layer.row.pool > 0) g = unpool(layer, maps.z[l], g);
    if (sums[l].dw) weight_gradient(layer, maps.x[l], g, sums[l].dw);
    if (l == 0 && !dx) return;
    const bool residual = l + 1 < net_.layers.size() && net_.layers[l + 1].row.residual;
    now = (now + 1) % 3;
    bits *below = room(now, layer.x);
    input_gradient(l, g, maps, residual ? above : nullptr, l > 0 ? sums[l - 1].db : nullptr, below);
    above = g;
    g = below;
  }
  take_out(net_.layers[0].x, net_.layers[0].shape.inputs, g, to_float, dx);
}

// With strides, copies the pixels that the phase's taps read to a map that is laid out like dy.
const bits *Worker::phase_of(const Layer &layer, const Phase &phase, const bits *x) {
  const auto &from = layer.x, &to = layer.z;
  const int64_t s = layer.row.stride;
  if (s == 1) return x;
  bits *at = rooms_[4].get(to.positions() * from.c);
  const bits *start = at;
  for (int64_t i = -to.p; i < to.h + to.p; i++) {
    for (int64_t j = -to.p; j < to.w + to.p; j++, at += from.c) {
      const int64_t y = i * s + phase.y + from.p, column = j * s + phase.x + from.p;
      if (y < 0 || y >= from.h + 2 * from.p || column < 0 || column >= from.pitch())
        std::memset(at, 0, from.c * sizeof(bits));
      else
        std::memcpy(at, x + (y * from.pitch() + column) * from.c, from.c * sizeof(bits));
    }
  }
  return start;
}

void Worker::weight_gradient(const Layer &layer, const bits *x, const bits *dy, float *dw) {
  for (const auto &phase : layer.weight_gradient) {
    if (phase.taps.empty()) continue;
    net_.kernels.weight_gradient(phase.taps, phase_of(layer, phase, x), layer.x.c, dy, layer.z.c, layer.z.positions(),
                                 scratch_, dw);
  }
}

}  // namespace sg::amx
