#include "autograd.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_sgd.h>
#include <torch/csrc/autograd/autograd.h>

#include "guard.h"

using sg::give;
using sg::guard;
using sg::tensor;

char *sg_backward(sg_tensor loss) {
  return guard([&] { torch::autograd::backward({tensor(loss)}, {}); });
}

char *sg_gradient(sg_tensor y, sg_tensor x, sg_tensor *out) {
  return guard([&] {
    auto grads =
        torch::autograd::grad({tensor(y).sum()}, {tensor(x)}, {}, /*retain_graph=*/true, /*create_graph=*/true);
    *out = give(grads.at(0));
  });
}

char *sg_grad_get(sg_tensor t, sg_tensor *out) {
  return guard([&] { *out = tensor(t).grad().defined() ? give(tensor(t).grad()) : nullptr; });
}

char *sg_grad_drop(sg_tensor *ts, int64_t n) {
  return guard([&] {
    for (int64_t i = 0; i < n; i++) tensor(ts[i]).mutable_grad().reset();
  });
}

char *sg_requires_grad(sg_tensor t, int on) {
  return guard([&] { tensor(t).set_requires_grad(on != 0); });
}

char *sg_detach(sg_tensor t, sg_tensor *out) {
  return guard([&] { *out = give(tensor(t).detach()); });
}

char *sg_grad_mode(int on, int *was) {
  return guard([&] {
    *was = c10::GradMode::is_enabled();
    c10::GradMode::set_enabled(on != 0);
  });
}

char *sg_autocast(int on, int32_t device) {
  return guard([&] {
    const auto kind = device < 0 ? at::kCPU : at::kCUDA;
    at::autocast::set_autocast_enabled(kind, on != 0);
    at::autocast::set_autocast_dtype(kind, at::kBFloat16);
    if (!on) at::autocast::clear_cache();
  });
}

static std::vector<at::Tensor> gradients(const std::vector<at::Tensor> &params) {
  std::vector<at::Tensor> grads;
  for (const auto &p : params) {
    TORCH_CHECK(p.grad().defined(), "a parameter of sizes ", p.sizes(), " has no gradient");
    grads.push_back(p.grad());
  }
  return grads;
}

char *sg_sgd_step(sg_tensor *params, int64_t n, double lr) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    auto p = sg::list(params, n);
    at::_foreach_add_(p, gradients(p), -lr);
  });
}

// Rate is double or a tensor.
template <class Rate>
static char *adam(sg_tensor *params, sg_tensor *m, sg_tensor *v, sg_tensor *counts, int64_t n, const Rate &lr,
                  double beta1, double beta2, double eps) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    auto p = sg::list(params, n), steps = sg::list(counts, n);
    at::_foreach_add_(steps, 1);
    at::_fused_adam_(p, gradients(p), sg::list(m, n), sg::list(v, n), {}, steps, lr, beta1, beta2, /*weight_decay=*/0,
                     eps,
                     /*amsgrad=*/false, /*maximize=*/false);
  });
}

char *sg_adam_step(sg_tensor *params, sg_tensor *m, sg_tensor *v, sg_tensor *counts, int64_t n, double lr, double beta1,
                   double beta2, double eps) {
  return adam(params, m, v, counts, n, lr, beta1, beta2, eps);
}

char *sg_adam_step_at(sg_tensor *params, sg_tensor *m, sg_tensor *v, sg_tensor *counts, int64_t n, sg_tensor lr,
                      double beta1, double beta2, double eps) {
  return adam(params, m, v, counts, n, tensor(lr), beta1, beta2, eps);
}

char *sg_sgd_step_at(sg_tensor *params, int64_t n, sg_tensor lr) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    auto p = sg::list(params, n);
    at::_fused_sgd_(p, gradients(p), {}, /*weight_decay=*/0, /*momentum=*/0, tensor(lr), /*dampening=*/0,
                    /*nesterov=*/false,
                    /*maximize=*/false, /*is_first_step=*/false);
  });
}

char *sg_ema_step(sg_tensor *averages, sg_tensor *params, int64_t n, double decay) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    at::_foreach_lerp_(sg::list(averages, n), sg::list(params, n), 1 - decay);
  });
}
