//go:build ignore

#include "fused.h"

#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <atomic>

#include "border.h"
#include "extras.h"
#include "guard.h"
#include "kernels.h"

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;

std::atomic<int64_t> reference_calls[3];

// libtorch's operations, one after the other.
struct Reference : sg::Kernels {
  Tensor forward(const Tensor &x, const Tensor &w, const Tensor &b, const Tensor &residual, bool relu) override {
    reference_calls[0]++;
    auto y = at::conv2d(x, w, b, 1, w.size(2) / 2);
    if (residual.defined()) y.add_(residual);
    return relu ? y.relu_() : y;
  }

  std::pair<Tensor, Tensor> input_gradient(const Tensor &dy, const Tensor &w, const Tensor &y, const Tensor &residual) override {
    reference_calls[1]++;
    auto dx = at::conv_transpose2d(dy, w, {}, 1, w.size(2) / 2);
    if (residual.defined()) dx.add_(residual);
    if (!y.defined()) return {dx, {}};
    dx = at::threshold_backward(dx, y, 0);
    return {dx, dx.sum({0, 2, 3}, false, at::kFloat)};
  }

  Tensor weight_gradient(const Tensor &dy, const Tensor &x, int64_t r) override {
    reference_calls[2]++;
    const auto w = at::empty({dy.size(1), x.size(1), r, r}, x.options(), at::MemoryFormat::ChannelsLast);
    return std::get<1>(at::convolution_backward(dy, x, w, c10::nullopt, {1, 1}, {r / 2, r / 2}, {1, 1}, false, {0, 0}, 1, {false, true, false}));
  }
};

sg::Kernels *kernels_of(int which) {
  static Reference reference;
  if (which == SG_KERNELS_REFERENCE) return &reference;
  static auto *const make = sg::cuda_function<sg::Kernels *()>("sg_fused_kernels");
  return make();
}

int64_t eights(int64_t n) { return (n + 7) / 8 * 8; }

// t (k, c, h, w) in the type, channels innermost, with zeros behind it up to the given k and c, and in a border around its pixels.
Tensor widened(const Tensor &t, int64_t k, int64_t c, at::ScalarType type, int64_t border = 0) {
  if (t.size(0) == k && t.size(1) == c && border == 0) return t.to(type, false, false, at::MemoryFormat::ChannelsLast).contiguous(at::MemoryFormat::ChannelsLast);
  auto wide = at::empty({k, c, t.size(2) + 2 * border, t.size(3) + 2 * border}, t.options().dtype(type), at::MemoryFormat::ChannelsLast).zero_();
  sg::inside(wide, border).narrow(0, 0, t.size(0)).narrow(1, 0, t.size(1)).copy_(t);
  return wide;
}

Tensor widened(const Tensor &bias, at::ScalarType type) {
  const auto k = eights(bias.size(0));
  if (bias.size(0) == k) return bias.to(type);
  auto wide = at::zeros({k}, bias.options().dtype(type));
  wide.narrow(0, 0, bias.size(0)).copy_(bias);
  return wide;
}

// The refiner's layers with their parameters in the maps' type. Layer 0 is the stem; the odd ones behind it and their even
// followers are the blocks' first and second convolutions; the last one is the 1x1. Maps have a border for replicate padding, or none.
struct Layers {
  sg::Kernels *kernels;
  int64_t border;
  std::vector<Tensor> w, b;

  Layers(sg::Kernels *kernels, at::TensorList params, at::ScalarType type, int64_t border) : kernels(kernels), border(border) {
    for (size_t i = 0; i < params.size(); i += 2) {
      w.push_back(widened(params[i], eights(params[i].size(0)), eights(params[i].size(1)), type));
      b.push_back(widened(params[i + 1], type));
    }
  }

  // maps holds the input and takes each layer's result but the last one's, which is returned. Where they are not kept, only those that
  // a later layer reads stay.
  Tensor forward(std::vector<Tensor> &maps, bool keep) const {
    if (border > 0) kernels->fill_border(maps[0], border);
    const size_t last = w.size() - 1;
    for (size_t l = 0; l < last; l++) {
      const bool second = l > 0 && l % 2 == 0;
      maps.push_back(kernels->forward(maps[l], w[l], b[l], second ? maps[l - 1] : Tensor(), true));
      if (border > 0 && w[l + 1].size(2) > 1) kernels->fill_border(maps.back(), border);
      if (!keep && l > 0) maps[l - 1].reset();
    }
    return kernels->forward(maps[last], w[last], b[last], {}, false);
  }
};

// A row of dimensions 0 and 1 cut to the parameter's sizes, in its type.
Tensor cut(const Tensor &t, const Tensor &param) {
  return t.narrow(0, 0, param.size(0)).narrow(1, 0, param.size(1)).to(param.scalar_type());
}

Tensor outside(const Tensor &y, int64_t channels, int64_t border) { return sg::inside(y, border).narrow(1, 0, channels).to(at::kFloat); }

struct FusedRefiner : torch::autograd::Function<FusedRefiner> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x, at::TensorList params, sg::Kernels *kernels, at::ScalarType type, int64_t border) {
    const Layers layers(kernels, params, type, border);
    std::vector<Tensor> saved{widened(x, x.size(0), eights(x.size(1)), type, border)};
    auto y = layers.forward(saved, /*keep=*/true);
    saved.insert(saved.end(), layers.w.begin(), layers.w.end());
    saved.push_back(x);
    saved.insert(saved.end(), params.begin(), params.end());
    ctx->save_for_backward(saved);
    ctx->saved_data["kernels"] = reinterpret_cast<int64_t>(kernels);
    ctx->saved_data["type"] = static_cast<int64_t>(type);
    ctx->saved_data["border"] = border;
    return outside(y, params.back().size(0), border);
  }

  static torch::autograd::variable_list backward(AutogradContext *ctx, torch::autograd::variable_list grads) {
    TORCH_CHECK(!c10::GradMode::is_enabled(), "the fused refiner has no second derivative");
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    const auto saved = ctx->get_saved_variables();
    const size_t n = (saved.size() - 1) / 4;  // layers: n maps, n filters, the input, 2 n parameters
    const Tensor *maps = &saved[0], *w = &saved[n], &x = saved[2 * n], *params = &saved[2 * n + 1];
    auto *kernels = reinterpret_cast<sg::Kernels *>(ctx->saved_data["kernels"].toInt());
    const auto type = static_cast<at::ScalarType>(ctx->saved_data["type"].toInt());
    const auto border = ctx->saved_data["border"].toInt();
    torch::autograd::variable_list out(2 * n + 4);  // of x, the parameters, and nothing for kernels, type and border
    // Gradients at a map have zeros in their border: what a layer below sends there belongs to the edges.
    auto g = widened(grads[0], x.size(0), eights(grads[0].size(1)), type, border), db = g.sum({0, 2, 3}, false, at::kFloat);
    Tensor above;  // the gradient at the next layer's result
    for (size_t l = n; l-- > 0;) {
      if (ctx->needs_input_grad(1 + 2 * l)) out[1 + 2 * l] = cut(kernels->weight_gradient(g, maps[l], w[l].size(2)), params[2 * l]);
      if (ctx->needs_input_grad(2 + 2 * l)) out[2 + 2 * l] = db.narrow(0, 0, params[2 * l + 1].size(0)).to(params[2 * l + 1].scalar_type());
      if (l == 0) break;
      const bool first = l % 2 == 1 && l + 1 < n;  // of a block: its input goes past it, into the sum behind the second
      auto [below, sum] = kernels->input_gradient(g, w[l], maps[l], first ? above : Tensor());
      if (border > 0 && w[l].size(2) > 1) kernels->fold_border(below, border);
      above = g;
      g = below;
      db = sum;
    }
    if (ctx->needs_input_grad(0)) {
      const auto dx = kernels->input_gradient(g, w[0], {}, {}).first;
      if (border > 0) kernels->fold_border(dx, border);
      out[0] = outside(dx, x.size(1), border).to(x.scalar_type());
    }
    return out;
  }
};

void check_refiner(const Tensor &x, const std::vector<Tensor> &params) {
  TORCH_CHECK(x.dim() == 4 && params.size() >= 4 && params.size() % 4 == 0, "fused refiner: ", x.dim(), " dimensions, ", params.size(), " parameters");
  int64_t channels = x.size(1);
  for (size_t i = 0; i < params.size(); i += 2) {
    const auto &w = params[i], &b = params[i + 1];
    TORCH_CHECK(w.dim() == 4 && w.size(1) == channels && w.size(2) == w.size(3) && w.size(2) % 2 == 1 && b.dim() == 1 && b.size(0) == w.size(0),
                "fused refiner: layer ", i / 2, " has filters ", w.sizes(), " and a bias ", b.sizes(), " for ", channels, " channels");
    TORCH_CHECK(i == 0 || i + 2 == params.size() || w.size(0) == channels, "fused refiner: a block that changes the width");
    channels = w.size(0);
  }
}

// The border that replicate padding wants around every map: half of the largest filters.
int64_t border_of(const Tensor &x, const std::vector<Tensor> &params, int padding) {
  TORCH_CHECK(padding == 0 || padding == 2, "fused refiner: padding ", padding, " is neither zeros nor replicate");
  int64_t border = 0;
  for (size_t i = 0; padding == 2 && i < params.size(); i += 2) border = std::max(border, params[i].size(2) / 2);
  TORCH_CHECK(border == 0 || std::min(x.size(2), x.size(3)) > 1, "fused refiner: replicate padding of images ", x.sizes());
  return border;
}

}  // namespace

char *sg_fused_refiner(sg_tensor x, sg_tensor *params, int64_t n, int padding, int kernels, int8_t type, sg_tensor *out) {
  return sg::guard([&] {
    const auto &in = sg::tensor(x);
    const auto list = sg::list(params, n);
    check_refiner(in, list);
    const auto border = border_of(in, list, padding);
    auto *k = kernels_of(kernels);
    const auto scalar = static_cast<at::ScalarType>(type);
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    bool differentiable = in.requires_grad();
    for (const auto &p : list) differentiable |= p.requires_grad();
    if (c10::GradMode::is_enabled() && differentiable) {
      *out = sg::give(FusedRefiner::apply(in, at::TensorList(list), k, scalar, border));
      return;
    }
    c10::NoGradGuard no_grad;
    const Layers layers(k, list, scalar, border);
    std::vector<Tensor> maps{widened(in, in.size(0), eights(in.size(1)), scalar, border)};
    *out = sg::give(outside(layers.forward(maps, /*keep=*/false), list.back().size(0), border));
  });
}

char *sg_fused_calls(int64_t *calls) {
  return sg::guard([&] {
    for (int i = 0; i < 3; i++) calls[i] = reference_calls[i];
  });
}
