#include "losses.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include "extras.h"
#include "guard.h"
#include "kernels/loss_kernels.h"
#include "device_kernels.h"

using at::Tensor;
using torch::autograd::AutogradContext;

namespace {

// Launches the loss's kernel on slope's GPU, which has one; it adds to *total.
void add_terms(const sg::own::L1 &loss, int64_t n, const Tensor &total) {
  static auto *const launch = sg::cuda_function<void(const sg::own::L1 &, int64_t, const Tensor &)>("sg_cuda_l1");
  launch(loss, n, total);
}

void add_terms(const sg::own::PatchNLL &loss, int64_t n, const Tensor &total) {
  static auto *const launch = sg::cuda_function<void(const sg::own::PatchNLL &, int64_t, const Tensor &)>("sg_cuda_patch_nll");
  launch(loss, n, total);
}

// A loss of n terms, of x, with its gradient: what x's gradient is a multiple of.
template <class Terms>
struct Own : torch::autograd::Function<Own<Terms>> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x, Terms terms, int64_t n) {
    const auto slope = at::empty_like(x), total = at::zeros({}, x.options());
    terms.slope = slope.template data_ptr<float>();
    if (x.is_cuda()) {
      add_terms(terms, n, total);
    } else {
      for (int64_t i = 0; i < n; i++) *total.template data_ptr<float>() += terms(i);
    }
    ctx->save_for_backward({slope});
    return total;
  }

  static torch::autograd::variable_list backward(AutogradContext *ctx, torch::autograd::variable_list grads) {
    TORCH_CHECK(!c10::GradMode::is_enabled(), "this loss has no second derivative");
    return {ctx->get_saved_variables()[0].mul(grads[0]), {}, {}};
  }
};

// Whether our kernels are to compute the loss of t, whose layout they can read or not.
bool ours(const Tensor &t, bool readable, int how) {
  TORCH_CHECK(how != SG_LOSS_OWN || readable, "our kernels do not read this layout: ", t.sizes(), " with strides ", t.strides());
  return how == SG_LOSS_OWN || (how == SG_LOSS_BEST && readable && t.is_cuda() && sg::has_own_kernels(t.device().index()));
}

bool plain(const Tensor &t) { return t.scalar_type() == at::kFloat && t.is_contiguous(); }

}  // namespace

char *sg_l1(sg_tensor a, sg_tensor b, double factor, int how, sg_tensor *out) {
  return sg::guard([&] {
    const auto &x = sg::tensor(a), &y = sg::tensor(b);
    if (ours(x, plain(x) && plain(y) && x.sizes() == y.sizes() && !y.requires_grad(), how)) {
      const sg::own::L1 terms{x.data_ptr<float>(), y.data_ptr<float>(), nullptr, static_cast<float>(factor)};
      *out = sg::give(Own<sg::own::L1>::apply(x, terms, x.numel()));
    } else {
      *out = sg::give((x - y).to(at::kFloat).abs().sum().mul(factor));
    }
  });
}

char *sg_patch_nll(sg_tensor logits, int64_t cls, double factor, int how, sg_tensor *out) {
  return sg::guard([&] {
    const auto &t = sg::tensor(logits);
    TORCH_CHECK(t.dim() == 4 && t.size(1) == 2 && (cls == 0 || cls == 1), "logits must be (b, 2, h, w)");
    if (ours(t, t.is_non_overlapping_and_dense() && t.stride(2) == t.size(3) * t.stride(3), how)) {
      const auto x = t.to(at::kFloat);
      const int64_t area = x.size(2) * x.size(3);
      const sg::own::PatchNLL terms{x.data_ptr<float>(), nullptr, area, x.stride(0), x.stride(1), x.stride(3), static_cast<int>(cls), static_cast<float>(factor)};
      *out = sg::give(Own<sg::own::PatchNLL>::apply(x, terms, x.size(0) * area));
    } else {
      *out = sg::give(at::log_softmax(t.to(at::kFloat), 1).select(1, cls).sum().neg().mul(factor));
    }
  });
}
