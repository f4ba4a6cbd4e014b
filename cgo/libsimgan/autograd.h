// Gradients, grad mode, autocast and optimizer updates. gotorch's own versions end the process on a C++ exception;
// these return it. The rules of tensor.h apply.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// loss.backward(): adds to the gradients of all leaves that require one.
char *sg_backward(sg_tensor loss);
// d(sum of y)/dx as a differentiable tensor of x's shape. No leaf's gradient changes.
char *sg_gradient(sg_tensor y, sg_tensor x, sg_tensor *out);
// A handle of t.grad, which shares its data; *out is NULL if t has none.
char *sg_grad_get(sg_tensor t, sg_tensor *out);
// Drops the gradients of n tensors.
char *sg_grad_drop(sg_tensor *ts, int64_t n);
// Sets whether t, a leaf, takes a gradient: on is 1 or 0.
char *sg_requires_grad(sg_tensor t, int on);
// t without its history; it shares t's data.
char *sg_detach(sg_tensor t, sg_tensor *out);
// Switches the recording of gradients on (1) or off (0) for the calling thread. Writes the former state to *was.
char *sg_grad_mode(int on, int *was);
// Switches autocast to bfloat16 on (1) or off (0) for the calling thread and the device's kind. Off also drops
// autocast's cache of weights.
char *sg_autocast(int on, int32_t device);

// One SGD update of n parameters by their gradients: p -= lr * p.grad. A parameter without a gradient is an error.
char *sg_sgd_step(sg_tensor *params, int64_t n, double lr);
// One Adam update (Kingma & Ba 2015) of n parameters by their gradients. m and v: the moments, of the parameters'
// shapes. counts: one float32 value per parameter, the number of updates, which grows by 1. A parameter without a
// gradient is an error.
char *sg_adam_step(sg_tensor *params, sg_tensor *m, sg_tensor *v, sg_tensor *counts, int64_t n, double lr, double beta1,
                   double beta2, double eps);
// sg_sgd_step with the learning rate in a float32 tensor of one element on the parameters' device. The host does not
// wait for it.
char *sg_sgd_step_at(sg_tensor *params, int64_t n, sg_tensor lr);
// sg_adam_step with the learning rate as in sg_sgd_step_at.
char *sg_adam_step_at(sg_tensor *params, sg_tensor *m, sg_tensor *v, sg_tensor *counts, int64_t n, sg_tensor lr,
                      double beta1, double beta2, double eps);
// averages[i] = decay * averages[i] + (1 - decay) * params[i] for n tensors each, in place.
char *sg_ema_step(sg_tensor *averages, sg_tensor *params, int64_t n, double decay);
#ifdef __cplusplus
}
#endif
