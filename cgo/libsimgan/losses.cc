#include "losses.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cuda_functions.h"
#include "device_kernels.h"

using at::Tensor;
using torch::autograd::AutogradContext;

namespace {

// Launches the loss's kernel on total's GPU, which must have it. The kernel adds to total.
void add_terms(const sg::rtc::L1 &loss, int64_t n, const Tensor &total) {
  static auto *const launch = SG_CUDA(sg_cuda_l1);
  launch(loss, n, total);
}

void add_terms(const sg::rtc::PatchNLL &loss, int64_t n, const Tensor &total) {
  static auto *const launch = SG_CUDA(sg_cuda_patch_nll);
  launch(loss, n, total);
}

// A loss of x with n terms. The terms also compute its slope: the gradient at x divided by the gradient at the loss.
template <class Terms>
struct KernelLoss : torch::autograd::Function<KernelLoss<Terms>> {
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

// Whether the device kernel computes the loss of t; readable: it can read t's layout.
bool uses_kernel(const Tensor &t, bool readable, sg_loss_method method) {
  TORCH_CHECK(method != SG_LOSS_DEVICE_KERNEL || readable, "the device kernels do not read this layout: ", t.sizes(),
              " with strides ", t.strides());
  return method == SG_LOSS_DEVICE_KERNEL ||
         (method == SG_LOSS_AUTO && readable && t.is_cuda() && sg::has_device_kernels(t.device().index()));
}

bool plain(const Tensor &t) { return t.scalar_type() == at::kFloat && t.is_contiguous(); }

}  // namespace

char *sg_l1(sg_tensor a, sg_tensor b, double factor, double limit, sg_loss_method method, sg_tensor *out) {
  return sg::guard([&] {
    const auto &x = sg::tensor(a), &y = sg::tensor(b);
    if (uses_kernel(x, plain(x) && plain(y) && x.sizes() == y.sizes() && !y.requires_grad(), method)) {
      const sg::rtc::L1 terms{x.data_ptr<float>(), y.data_ptr<float>(), nullptr, static_cast<float>(factor),
                              static_cast<float>(limit)};
      *out = sg::give(KernelLoss<sg::rtc::L1>::apply(x, terms, x.numel()));
    } else {
      auto distance = (x - y).to(at::kFloat).abs();
      if (limit > 0) distance = distance.mul(-1 / limit).expm1().mul(-limit);
      *out = sg::give(distance.sum().mul(factor));
    }
  });
}

char *sg_patch_nll(sg_tensor logits, int64_t cls, double factor, sg_loss_method method, sg_tensor *out) {
  return sg::guard([&] {
    const auto &t = sg::tensor(logits);
    TORCH_CHECK(t.dim() == 4 && t.size(1) == 2 && (cls == 0 || cls == 1), "logits must be (b, 2, h, w)");
    if (uses_kernel(t, t.is_non_overlapping_and_dense() && t.stride(2) == t.size(3) * t.stride(3), method)) {
      const auto x = t.to(at::kFloat);
      const int64_t area = x.size(2) * x.size(3);
      const sg::rtc::PatchNLL terms{
          x.data_ptr<float>(),       nullptr, area, x.stride(0), x.stride(1), x.stride(3), static_cast<int>(cls),
          static_cast<float>(factor)};
      *out = sg::give(KernelLoss<sg::rtc::PatchNLL>::apply(x, terms, x.size(0) * area));
    } else {
      *out = sg::give(at::log_softmax(t.to(at::kFloat), 1).select(1, cls).sum().neg().mul(factor));
    }
  });
}

char *sg_weighted_patch_nll(sg_tensor logits, sg_tensor weights, int64_t cls, double factor, sg_tensor *out) {
  return sg::guard([&] {
    const auto &t = sg::tensor(logits), &w = sg::tensor(weights);
    TORCH_CHECK(t.dim() == 4 && t.size(1) == 2 && (cls == 0 || cls == 1), "logits must be (b, 2, h, w)");
    TORCH_CHECK(w.dim() == 4 && w.size(0) == t.size(0) && w.size(1) == 1 && w.sizes().slice(2) == t.sizes().slice(2),
                "weights must be (b, 1, h, w), are ", w.sizes(), " for logits ", t.sizes());
    const auto terms = at::log_softmax(t.to(at::kFloat), 1).select(1, cls);
    *out = sg::give(terms.mul(w.select(1, 0)).sum().neg().mul(factor));
  });
}
