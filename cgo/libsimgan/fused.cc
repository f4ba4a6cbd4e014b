#include "fused.h"

#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/max_pool2d_with_indices.h>
#include <ATen/ops/max_pool2d_with_indices_backward.h>
#include <ATen/ops/threshold_backward.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "amx_layers.h"
#include "cuda_functions.h"
#include "kernels/amx.h"
#include "kernels/winograd.h"

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;

sg::Kernels *kernels_of(sg_kernels which) {
  if (which == SG_KERNELS_REFERENCE) return &sg::reference_kernels();
  if (which == SG_KERNELS_WINOGRAD) return &sg::winograd_kernels();
  static auto *const kernels = SG_CUDA(sg_cuda_fused_kernels)();
  return kernels;
}

// Rounds n up to the multiple that the kernels need.
int64_t whole(const sg::Kernels *kernels, int64_t n) {
  return (n + kernels->multiple() - 1) / kernels->multiple() * kernels->multiple();
}

// Returns t (k', c', h, w) as (k, c, h+2*border, w+2*border) in the type with channels innermost. The added channels
// and the border are zero.
Tensor widened(const Tensor &t, int64_t k, int64_t c, at::ScalarType type, int64_t border = 0) {
  if (t.size(0) == k && t.size(1) == c && border == 0)
    return t.to(type, false, false, at::MemoryFormat::ChannelsLast).contiguous(at::MemoryFormat::ChannelsLast);
  auto wide = at::empty({k, c, t.size(2) + 2 * border, t.size(3) + 2 * border}, t.options().dtype(type),
                        at::MemoryFormat::ChannelsLast)
                  .zero_();
  sg::inside(wide, border).narrow(0, 0, t.size(0)).narrow(1, 0, t.size(1)).copy_(t);
  return wide;
}

// Returns a bias of fewer than k values with k values in the type. The added ones are zero.
Tensor widened(const Tensor &bias, int64_t k, at::ScalarType type) {
  auto wide = at::zeros({k}, bias.options().dtype(type));
  wide.narrow(0, 0, bias.size(0)).copy_(bias);
  return wide;
}

// Changes of type that are made together: one launch for all on a GPU, if every tensor is dense.
struct Casts {
  std::vector<Tensor> from, to;

  // Returns t, or a tensor that has t's values in the type after make().
  Tensor add(const Tensor &t, at::ScalarType type) {
    if (t.scalar_type() == type) return t;
    from.push_back(t);
    to.push_back(at::empty_like(t, t.options().dtype(type)));
    return to.back();
  }
  void make() const {
    if (!to.empty()) at::_foreach_copy_(to, from);
  }
};

// Cuts dimensions 0 and 1 to the parameter's sizes and returns its type. Casts may take part.
Tensor cut(const Tensor &t, const Tensor &param, Casts &casts) {
  if (t.size(0) == param.size(0) && t.size(1) == param.size(1)) return casts.add(t, param.scalar_type());
  return t.narrow(0, 0, param.size(0)).narrow(1, 0, param.size(1)).to(param.scalar_type());
}

Tensor outside(const Tensor &y, int64_t channels, int64_t border) {
  return sg::inside(y, border).narrow(1, 0, channels).to(at::kFloat);
}

int64_t padding_of(const sg_fused_layer &l) { return std::max<int64_t>(l.pool_padding, 0); }

// The pixels of y that the layer's pool sees.
Tensor seen(const Tensor &y, const sg_fused_layer &l) { return sg::inside(y, padding_of(l) - l.pool_padding); }

std::pair<Tensor, Tensor> pool(const Tensor &y, const sg_fused_layer &l) {
  auto [pooled, indices] = at::max_pool2d_with_indices(seen(y, l), l.pool, l.pool_stride, padding_of(l));
  return {pooled, indices};
}

// The gradient at y, the input of the pool, from the gradient at its result.
Tensor unpool(const Tensor &g, const Tensor &y, const Tensor &indices, const sg_fused_layer &l) {
  auto below =
      at::max_pool2d_with_indices_backward(g, seen(y, l), l.pool, l.pool_stride, padding_of(l), 1, false, indices);
  if (l.pool_padding >= 0) return below;
  auto whole = at::zeros_like(y);
  seen(whole, l).copy_(below);
  return whole;
}

// The layers and how they are computed. border is that of replicate padding, 0 for zeros.
struct Layers {
  sg::Kernels *kernels;
  std::vector<sg_fused_layer> table;
  at::ScalarType type;
  int64_t border;

  Tensor input(const Tensor &x) const { return widened(x, x.size(0), whole(kernels, x.size(1)), type, border); }

  // Returns the last layer's result. maps holds the input; each other layer's result is appended. pools takes each
  // pool's input and indices; without it, maps keeps only what later layers read. w, b: the parameters, widened.
  Tensor forward(std::vector<Tensor> &maps, const std::vector<Tensor> &w, const std::vector<Tensor> &b,
                 std::vector<Tensor> *pools) const {
    if (border > 0) kernels->fill_border(maps[0], border);
    for (size_t l = 0;; l++) {
      const bool last = l + 1 == table.size(), pools_after = table[l].pool > 0;
      auto y = kernels->forward(maps[l], w[l], b[l], table[l].stride, table[l].residual ? maps[l - 1] : Tensor(),
                                !last || pools_after, border);
      if (pools_after) {
        const auto [pooled, indices] = pool(y, table[l]);
        if (pools) pools->insert(pools->end(), {y, indices});
        y = pooled;
      }
      if (last) return y;
      maps.push_back(y);
      if (border > 0) kernels->fill_border(y, border);
      if (!pools && l > 0) maps[l - 1].reset();
    }
  }

  void save(AutogradContext *ctx) const {
    std::vector<int64_t> rows;
    for (const auto &l : table) rows.insert(rows.end(), {l.stride, l.residual, l.pool, l.pool_stride, l.pool_padding});
    ctx->saved_data["table"] = rows;
    ctx->saved_data["kernels"] = reinterpret_cast<int64_t>(kernels);
    ctx->saved_data["type"] = static_cast<int64_t>(type);
    ctx->saved_data["border"] = border;
  }

  static Layers saved(AutogradContext *ctx) {
    auto &data = ctx->saved_data;
    Layers l{reinterpret_cast<sg::Kernels *>(data["kernels"].toInt()),
             {},
             static_cast<at::ScalarType>(data["type"].toInt()),
             data["border"].toInt()};
    const auto rows = data["table"].toIntVector();
    for (size_t i = 0; i < rows.size(); i += 5)
      l.table.push_back({rows[i], rows[i + 1], rows[i + 2], rows[i + 3], rows[i + 4]});
    return l;
  }
};

// The filters and the biases in the maps' type, with channels as the kernels need them.
std::pair<std::vector<Tensor>, std::vector<Tensor>> widened(const sg::Kernels *kernels, at::TensorList params,
                                                            at::ScalarType type) {
  std::pair<std::vector<Tensor>, std::vector<Tensor>> wide;
  Casts casts;
  for (size_t i = 0; i < params.size(); i += 2) {
    const auto &filters = params[i], &bias = params[i + 1];
    const auto k = whole(kernels, filters.size(0)), c = whole(kernels, filters.size(1));
    const bool as_is =
        filters.size(0) == k && filters.size(1) == c && filters.is_contiguous(at::MemoryFormat::ChannelsLast);
    wide.first.push_back(as_is ? casts.add(filters, type) : widened(filters, k, c, type));
    wide.second.push_back(bias.size(0) == k ? casts.add(bias, type) : widened(bias, k, type));
  }
  casts.make();
  return wide;
}

struct Fused : torch::autograd::Function<Fused> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x, at::TensorList params, const Layers &layers) {
    const auto [w, b] = widened(layers.kernels, params, layers.type);
    std::vector<Tensor> saved{layers.input(x)}, pools;
    const auto y = layers.forward(saved, w, b, &pools);
    saved.insert(saved.end(), w.begin(), w.end());
    saved.push_back(x);
    saved.insert(saved.end(), params.begin(), params.end());
    saved.push_back(layers.table.back().pool > 0 ? y : Tensor());  // for its mask
    saved.insert(saved.end(), pools.begin(), pools.end());
    ctx->save_for_backward(saved);
    layers.save(ctx);
    return outside(y, params.back().size(0), layers.border);
  }

  static torch::autograd::variable_list backward(AutogradContext *ctx, torch::autograd::variable_list grads) {
    TORCH_CHECK(!c10::GradMode::is_enabled(), "fused layers have no second derivative");
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    const auto [kernels, table, type, border] = Layers::saved(ctx);
    const auto saved = ctx->get_saved_variables();
    const size_t n = table.size();  // saved: n maps, n filters, the input, 2n parameters, the result, 2 per pool
    const Tensor *maps = &saved[0], *w = &saved[n], &x = saved[2 * n], *params = &saved[2 * n + 1],
                 &result = saved[4 * n + 1], *pools = saved.data() + saved.size();
    torch::autograd::variable_list out(2 * n + 2);  // for x, the parameters, and none for the layers
    Casts casts;
    // Gradients at a map are zero in its border: what a layer below sends there is folded onto the edges.
    auto g = widened(grads[0], x.size(0), whole(kernels, grads[0].size(1)), type, border);
    if (table.back().pool > 0) g = at::threshold_backward(g, result, 0);
    auto db = ctx->needs_input_grad(2 * n) ? g.sum({0, 2, 3}, false, at::kFloat) : Tensor();
    Tensor above;  // the gradient at the next layer's result
    for (size_t l = n; l-- > 0;) {
      // A pool passes on only values above 0, and moves gradients without changing a channel's sum. So mask and sum may
      // come before it.
      if (table[l].pool > 0) {
        pools -= 2;
        g = unpool(g, pools[0], pools[1], table[l]);
      }
      const auto stride = table[l].stride;
      if (ctx->needs_input_grad(1 + 2 * l))
        out[1 + 2 * l] = cut(kernels->weight_gradient(g, maps[l], w[l].size(2), stride, border), params[2 * l], casts);
      if (ctx->needs_input_grad(2 + 2 * l))
        out[2 + 2 * l] = db.narrow(0, 0, params[2 * l + 1].size(0)).to(params[2 * l + 1].scalar_type());
      if (l == 0 && !ctx->needs_input_grad(0)) break;
      const bool past = l + 1 < n && table[l + 1].residual;  // the next layer adds this layer's input
      auto [below, sum] = kernels->input_gradient(g, w[l], maps[l], stride, past ? above : Tensor(), /*masked=*/l > 0,
                                                  /*summed=*/l > 0 && ctx->needs_input_grad(2 * l));
      if (border > 0 && w[l].size(2) > 1) kernels->fold_border(below, border);
      above = g;
      g = below;
      db = sum;
    }
    casts.make();
    if (ctx->needs_input_grad(0)) out[0] = outside(g, x.size(1), border).to(x.scalar_type());
    return out;
  }
};

// Whether the layer's result has its input's size.
bool keeps_size(const sg_fused_layer &l, const Tensor &w) {
  return l.stride == 1 && l.pool == 0 && w.size(0) == w.size(1);
}

void check_layers(const Tensor &x, const std::vector<Tensor> &params, const std::vector<sg_fused_layer> &table) {
  TORCH_CHECK(x.dim() == 4 && !table.empty(), "fused layers: ", x.dim(), " dimensions, ", table.size(), " layers");
  int64_t channels = x.size(1), sides[] = {x.size(2), x.size(3)};
  for (size_t l = 0; l < table.size(); l++) {
    const auto &w = params[2 * l], &b = params[2 * l + 1];
    TORCH_CHECK(w.dim() == 4 && w.size(1) == channels && w.size(2) == w.size(3) && w.size(2) % 2 == 1 && b.dim() == 1 &&
                    b.size(0) == w.size(0),
                "fused layers: layer ", l, " has filters ", w.sizes(), " and a bias ", b.sizes(), " for ", channels,
                " channels");
    TORCH_CHECK(table[l].stride > 0 && (table[l].pool == 0 || (table[l].pool > 0 && table[l].pool_stride > 0 &&
                                                               table[l].pool_padding <= table[l].pool / 2)),
                "fused layers: layer ", l, " has stride ", table[l].stride, " and a pool of ", table[l].pool,
                " with stride ", table[l].pool_stride, " and padding ", table[l].pool_padding);
    for (auto &side : sides) {
      side = (side - 1) / table[l].stride + 1;
      if (table[l].pool == 0) continue;
      side += 2 * table[l].pool_padding - table[l].pool;
      TORCH_CHECK(side >= 0, "fused layers: the maps of layer ", l, " are smaller than its pool's window");
      side = side / table[l].pool_stride + 1;
    }
    TORCH_CHECK(!table[l].residual || (l > 0 && keeps_size(table[l - 1], params[2 * l - 2]) && table[l].stride == 1 &&
                                       w.size(0) == w.size(1)),
                "fused layers: what layer ", l, " adds has another size");
    channels = w.size(0);
  }
}

// The border that replicate padding needs around every map: half of the largest filter.
int64_t border_of(const Tensor &x, const std::vector<Tensor> &params, const std::vector<sg_fused_layer> &table,
                  sg_padding padding) {
  TORCH_CHECK(padding == SG_PADDING_ZEROS || padding == SG_PADDING_REPLICATE, "fused layers: padding ", padding,
              " is neither zeros nor replicate");
  if (padding == SG_PADDING_ZEROS) return 0;
  int64_t border = 0;
  for (size_t l = 0; l < table.size(); l++) {
    TORCH_CHECK(table[l].stride == 1 && table[l].pool == 0, "fused layers: replicate padding with strides or pools");
    border = std::max(border, params[2 * l].size(2) / 2);
  }
  TORCH_CHECK(border == 0 || std::min(x.size(2), x.size(3)) > 1, "fused layers: replicate padding of images ",
              x.sizes());
  return border;
}

void check_amx(const Tensor &x, sg_kernels kernels, sg_type type) {
  TORCH_CHECK(x.is_cpu() && static_cast<at::ScalarType>(type) == at::kBFloat16,
              "AMX's kernels are for bfloat16 on the CPU");
  TORCH_CHECK(kernels == SG_KERNELS_AMX_EMULATED || sg::amx::available(),
              "this processor lacks AMX or AVX512-BF16, or the system does not let this process use AMX");
}

}  // namespace

char *sg_fused_layers(sg_tensor x, sg_tensor *params, const sg_fused_layer *table, int64_t n, sg_padding padding,
                      sg_kernels kernels, sg_type type, sg_tensor *out) {
  return sg::guard([&] {
    const auto &in = sg::tensor(x);
    const auto list = sg::list(params, 2 * n);
    const std::vector<sg_fused_layer> rows(table, table + n);
    check_layers(in, list, rows);
    const auto border = border_of(in, list, rows, padding);
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    if (kernels == SG_KERNELS_AMX || kernels == SG_KERNELS_AMX_EMULATED) {
      check_amx(in, kernels, type);
      const auto &amx = kernels == SG_KERNELS_AMX ? sg::amx::hardware() : sg::amx::emulated();
      *out = sg::give(sg::amx::apply_layers(in, list, rows, padding == SG_PADDING_REPLICATE, amx));
      return;
    }
    TORCH_CHECK(kernels != SG_KERNELS_WINOGRAD || (in.is_cpu() && static_cast<at::ScalarType>(type) == at::kFloat),
                "Winograd's kernels are for float32 on the CPU");
    const Layers layers{kernels_of(kernels), rows, static_cast<at::ScalarType>(type), border};
    bool differentiable = in.requires_grad();
    for (const auto &p : list) differentiable |= p.requires_grad();
    if (c10::GradMode::is_enabled() && differentiable) {
      *out = sg::give(Fused::apply(in, at::TensorList(list), layers));
      return;
    }
    c10::NoGradGuard no_grad;
    const auto [w, b] = widened(layers.kernels, list, layers.type);
    std::vector<Tensor> maps{layers.input(in)};
    *out = sg::give(outside(layers.forward(maps, w, b, nullptr), list.back().size(0), layers.border));
  });
}

int sg_has_winograd(void) { return sg::has_winograd(); }

int sg_has_amx(void) { return sg::amx::available(); }
