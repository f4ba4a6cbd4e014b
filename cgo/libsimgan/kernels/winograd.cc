#include "kernels/winograd.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "kernels/processor.h"
#include "kernels/winograd_steps.h"

namespace sg::winograd {
namespace {

using at::Tensor;

// The most threads that a loop over n parts gets. libtorch sets the number up in a thread's first parallel loop, so it
// is set up here: it must not change between this call and the loop.
int64_t threads(int64_t n) {
  at::internal::lazy_init_num_threads();
  return std::min<int64_t>(at::get_num_threads(), std::max<int64_t>(n, 1));
}

const Steps &steps_for(int64_t c, int64_t k) {
  return c % 16 == 0 && k % 16 == 0 && has_avx512() ? avx512_steps() : avx2_steps();
}

// Per thread, memory for two chunks of tiles, of a and of b channels.
struct Room {
  Tensor memory;
  int64_t a, b;

  Room(const Tensor &like, int64_t threads, int64_t a, int64_t b)
      : memory(at::empty({threads, products * pitch * (a + b)}, like.options())), a(a), b(b) {}
  float *first() { return memory.data_ptr<float>() + at::get_thread_num() * memory.size(1); }
  float *second() { return first() + products * pitch * a; }
};

const float *values(const Tensor &t) { return t.defined() ? t.data_ptr<float>() : nullptr; }

// Convolves maps (n, c, h, w) with filters u (products, c, k): (n, k, h, w). Writes the result's sum over n, h, w to
// *sum unless it is null. The result's border is not written.
Tensor convolve(const Tensor &maps, const Tensor &u, int64_t border, const Epilogue &epilogue, Tensor *sum = nullptr) {
  const int64_t c = u.size(1), k = u.size(2);
  const auto &steps = steps_for(c, k);
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
      steps.spread_inputs(tiles, values(maps), c, first, count, room.first());
      for (int64_t q = 0; q < products; q++)
        steps.product(room.first() + q * pitch * c, values(u) + q * c * k, room.second() + q * pitch * k, count, c, k);
      steps.write(tiles, room.second(), k, first, count, e, out.data_ptr<float>());
    }
  });
  if (sum) *sum = sums.sum(0);
  return out;
}

// Transforms filters w (k, c, 3, 3): to (products, c, k), or for a gradient to (products, k, c).
Tensor transformed(const Tensor &w, bool gradient) {
  const auto in_order = w.permute(gradient ? at::IntArrayRef{0, 2, 3, 1} : at::IntArrayRef{1, 2, 3, 0}).contiguous();
  auto u = at::empty({products, in_order.size(0), in_order.size(3)}, w.options());
  steps_for(u.size(1), u.size(2)).spread_filters(values(in_order), u.size(1), u.size(2), gradient, u.data_ptr<float>());
  return u;
}

struct Winograd : sg::Kernels {
  int64_t multiple() const override { return 1; }

  Tensor forward(const Tensor &x, const Tensor &w, const Tensor &b, int64_t stride, const Tensor &residual, bool relu,
                 int64_t p) override {
    if (!suits(w.size(0), w.size(1), w.size(2), stride))
      return innermost(other.forward(x, w, b, stride, residual, relu, p));
    Epilogue e;
    e.bias = values(b);
    e.residual = values(residual);
    e.relu = relu;
    return convolve(x, transformed(w, false), p, e);
  }

  std::pair<Tensor, Tensor> input_gradient(const Tensor &dy, const Tensor &w, const Tensor &x, int64_t stride,
                                           const Tensor &residual, bool masked, bool summed) override {
    if (!suits(w.size(0), w.size(1), w.size(2), stride)) {
      const auto [dx, db] = other.input_gradient(dy, w, x, stride, residual, masked, summed);
      return {innermost(dx), db};
    }
    Epilogue e;
    e.residual = values(residual);
    if (!masked) return {convolve(dy, transformed(w, true), 0, e), {}};
    e.y = values(x);
    Tensor sum;
    const auto dx = convolve(dy, transformed(w, true), 0, e, summed ? &sum : nullptr);
    return {dx, sum};
  }

  Tensor weight_gradient(const Tensor &dy, const Tensor &x, int64_t r, int64_t stride, int64_t p) override {
    const int64_t c = x.size(1), k = dy.size(1);
    if (!suits(k, c, r, stride)) return other.weight_gradient(dy, x, r, stride, p);
    const auto &steps = steps_for(c, k);
    const Tiles tiles(x, p);
    const int64_t workers = threads(tiles.chunks());
    Room room(x, workers, c, k);
    const auto parts = at::zeros({workers, products, c, k}, x.options());
    at::parallel_for(0, tiles.chunks(), 1, [&](int64_t begin, int64_t end) {
      float *part = parts.data_ptr<float>() + at::get_thread_num() * products * c * k;
      for (int64_t first = begin * chunk; first < std::min(end * chunk, tiles.count); first += chunk) {
        const int64_t count = std::min(chunk, tiles.count - first);
        steps.spread_inputs(tiles, values(x), c, first, count, room.first());
        steps.spread_gradients(tiles, values(dy), k, first, count, room.second());
        for (int64_t q = 0; q < products; q++)
          steps.outer(room.first() + q * pitch * c, room.second() + q * pitch * k, part + q * c * k, count, c, k);
      }
    });
    auto dw = at::empty({c, 3, 3, k}, x.options());
    at::parallel_for(0, c * k / 16, 32, [&](int64_t begin, int64_t end) {
      steps.gather_filters(values(parts), workers, c, k, 16 * begin, 16 * end, dw.data_ptr<float>());
    });
    return dw.permute({3, 0, 1, 2});
  }

 private:
  static bool suits(int64_t k, int64_t c, int64_t r, int64_t stride) {
    return r == 3 && stride == 1 && k % 8 == 0 && c % 8 == 0;
  }
  static Tensor innermost(const Tensor &t) { return t.contiguous(at::MemoryFormat::ChannelsLast); }

  sg::Kernels &other = sg::reference_kernels();
};

}  // namespace
}  // namespace sg::winograd

bool sg::has_winograd() { return has_avx2(); }

sg::Kernels &sg::winograd_kernels() {
  TORCH_CHECK(has_winograd(), "this processor lacks AVX2 or FMA");
  static sg::winograd::Winograd kernels;
  return kernels;
}
