#include "amx_layers.h"

#include <ATen/Parallel.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/threshold_backward.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <algorithm>

#include "kernels/amx_worker.h"

namespace sg::amx {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;

struct Held : torch::CustomClassHolder {
  Network net;
  explicit Held(Network &&net) : net(std::move(net)) {}
};

// Arranges the filters of layers `first` and above, forward or for the gradient at their input.
void arrange_filters(Network &net, const Tensor *params, bool gradient, int64_t first) {
  at::parallel_for(first, net.layers.size(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t l = begin; l < end; l++)
      arrange(net.layers[l], params[2 * l].const_data_ptr<float>(), gradient, net.filters[l]);
  });
}

Network network_for(const Tensor &x, const std::vector<Tensor> &params, const std::vector<sg_fused_layer> &table,
                    bool replicate, const Kernels &kernels) {
  std::vector<Shape> shapes;
  for (size_t i = 0; i < params.size(); i += 2)
    shapes.push_back({params[i].size(0), params[i].size(1), params[i].size(2)});
  Network net{layers_of(x.size(2), x.size(3), table, shapes), replicate, kernels, {}, {}};
  net.filters.resize(table.size());
  net.biases.resize(table.size());
  for (size_t l = 0; l < table.size(); l++) {
    const float *bias = params[2 * l + 1].const_data_ptr<float>();
    float *wide = net.biases[l].get(net.layers[l].z.c);
    std::fill(std::copy(bias, bias + shapes[l].outputs, wide), wide + net.layers[l].z.c, 0.f);
  }
  return net;
}

// The maps of n images: per layer x and, before a pool, z.
std::vector<Tensor> empty_maps(const Network &net, int64_t n) {
  std::vector<Tensor> maps;
  const auto add = [&](const Map &map) { maps.push_back(at::empty({map.values(n)}, at::kShort)); };
  for (const auto &l : net.layers) {
    add(l.x);
    if (l.row.pool > 0) add(l.z);
  }
  return maps;
}

// Image i's maps in the tensors of empty_maps.
Maps maps_of(const Network &net, const Tensor *maps, int64_t i) {
  Maps of;
  const auto next = [&](const Map &map) {
    return reinterpret_cast<bits *>((maps++)->data_ptr<int16_t>()) + map.image(i);
  };
  for (const auto &l : net.layers) {
    of.x.push_back(next(l.x));
    of.z.push_back(l.row.pool > 0 ? next(l.z) : nullptr);
  }
  return of;
}

// Runs x's images through the layers. Without maps, nothing is kept for gradients.
Tensor run_forward(Network &net, const Tensor &x, const std::vector<Tensor> &maps) {
  const auto &last = net.layers.back();
  auto y = at::empty({x.size(0), last.shape.outputs, last.y.h, last.y.w}, at::kFloat);
  const float *from = x.const_data_ptr<float>();
  float *to = y.data_ptr<float>();
  const int64_t in = x.stride(0), out = y.stride(0);
  at::parallel_for(0, x.size(0), 1, [&](int64_t begin, int64_t end) {
    Worker worker(net);
    for (int64_t i = begin; i < end; i++)
      worker.forward(from + i * in, maps.empty() ? worker.passing() : maps_of(net, maps.data(), i), to + i * out);
  });
  return y;
}

// The gradients of one thread: per layer where its filters' and its bias's begin, and the number of all values.
struct Layout {
  std::vector<int64_t> dw, db;
  int64_t size = 0;

  explicit Layout(const Network &net) {
    for (const auto &l : net.layers) {
      dw.push_back(size);
      db.push_back(size += l.filter_values());
      size += l.z.c;
    }
  }
};

// Sums the threads' parts of a layer's gradients to dw (outputs, inputs, r, r) and db (outputs).
void add_parts(const Layer &l, const Tensor &parts, int64_t dw_at, int64_t db_at, float *dw, float *db) {
  const auto sum = [&](int64_t at) {
    const float *part = parts.const_data_ptr<float>() + at;
    float total = 0;
    for (int64_t t = 0; t < parts.size(0); t++) total += part[t * parts.size(1)];
    return total;
  };
  const int64_t taps = l.shape.r * l.shape.r;
  for (int64_t k = 0; k < l.shape.outputs; k++) {
    if (dw)
      for (int64_t c = 0; c < l.shape.inputs; c++)
        for (int64_t t = 0; t < taps; t++) *dw++ = sum(dw_at + (t * l.x.c + c) * l.z.c + k);
    if (db) *db++ = sum(db_at + k);
  }
}

struct Layers : torch::autograd::Function<Layers> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x, at::TensorList params,
                        const c10::intrusive_ptr<Held> &held) {
    auto &net = held->net;
    arrange_filters(net, params.data(), false, 0);
    auto saved = empty_maps(net, x.size(0));
    const auto y = run_forward(net, x, saved);
    saved.insert(saved.end(), params.begin(), params.end());
    saved.push_back(x);
    saved.push_back(net.layers.back().row.pool > 0 ? y : Tensor());  // for its mask
    ctx->save_for_backward(saved);
    ctx->saved_data["network"] = c10::IValue::make_capsule(held);
    return y;
  }

  static torch::autograd::variable_list backward(AutogradContext *ctx, torch::autograd::variable_list grads) {
    TORCH_CHECK(!c10::GradMode::is_enabled(), "fused layers have no second derivative");
    auto &net = c10::static_intrusive_pointer_cast<Held>(ctx->saved_data["network"].toCapsule())->net;
    const auto saved = ctx->get_saved_variables();
    const int64_t n = net.layers.size();
    // saved: the maps, 2n parameters, the input, the result
    const Tensor *params = saved.data() + saved.size() - 2 - 2 * n, &x = params[2 * n], &y = params[2 * n + 1];
    auto dy = grads[0].to(at::kFloat).contiguous();
    if (y.defined()) dy = at::threshold_backward(dy, y, 0);
    torch::autograd::variable_list out(2 * n + 2);  // for x, the parameters, and none for the network
    if (ctx->needs_input_grad(0)) out[0] = at::empty(x.sizes(), at::kFloat);
    for (int64_t i = 1; i <= 2 * n; i++)
      if (ctx->needs_input_grad(i)) out[i] = at::empty(params[i - 1].sizes(), at::kFloat);
    arrange_filters(net, params, true, out[0].defined() ? 0 : 1);
    add_gradients(net, dy, saved.data(), out);
    return out;
  }

  // Writes the gradients that out has room for.
  static void add_gradients(Network &net, const Tensor &dy, const Tensor *maps, torch::autograd::variable_list &out) {
    const Layout layout(net);
    const int64_t images = dy.size(0), values = dy.stride(0);
    at::internal::lazy_init_num_threads();  // the number must not change between here and the loop
    const auto parts = at::zeros({std::min<int64_t>(at::get_num_threads(), images), layout.size}, at::kFloat);
    const float *from = dy.const_data_ptr<float>();
    float *dx = out[0].defined() ? out[0].data_ptr<float>() : nullptr;
    const int64_t pixels = dx ? out[0].stride(0) : 0;
    at::parallel_for(0, images, 1, [&](int64_t begin, int64_t end) {
      float *part = parts.data_ptr<float>() + at::get_thread_num() * layout.size;
      std::vector<Sums> sums;
      for (size_t l = 0; l < net.layers.size(); l++)
        sums.push_back({out[1 + 2 * l].defined() ? part + layout.dw[l] : nullptr, part + layout.db[l]});
      Worker worker(net);
      for (int64_t i = begin; i < end; i++)
        worker.backward(from + i * values, maps_of(net, maps, i), sums, dx ? dx + i * pixels : nullptr);
    });
    at::parallel_for(0, net.layers.size(), 1, [&](int64_t begin, int64_t end) {
      const auto values_of = [](const Tensor &t) { return t.defined() ? t.data_ptr<float>() : nullptr; };
      for (int64_t l = begin; l < end; l++)
        add_parts(net.layers[l], parts, layout.dw[l], layout.db[l], values_of(out[1 + 2 * l]),
                  values_of(out[2 + 2 * l]));
    });
  }
};

}  // namespace

Tensor apply_layers(const Tensor &x, const std::vector<Tensor> &params, const std::vector<sg_fused_layer> &table,
                    bool replicate, const Kernels &kernels) {
  std::vector<Tensor> in_order;
  bool differentiable = x.requires_grad();
  for (const auto &p : params) {
    TORCH_CHECK(p.scalar_type() == at::kFloat, "fused layers by AMX need parameters in float32");
    in_order.push_back(p.contiguous());
    differentiable |= p.requires_grad();
  }
  const auto images = x.to(at::kFloat).contiguous();
  auto net = network_for(images, in_order, table, replicate, kernels);
  if (c10::GradMode::is_enabled() && differentiable)
    return Layers::apply(images, at::TensorList(in_order), c10::make_intrusive<Held>(std::move(net)));
  c10::NoGradGuard no_grad;
  arrange_filters(net, in_order.data(), false, 0);
  return run_forward(net, images, {});
}

}  // namespace sg::amx
