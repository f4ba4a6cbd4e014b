// Gradients, grad mode, autocast, optimizer updates. gotorch's own end the process on a C++ exception; these return it.
// Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// loss.backward(): adds to the gradients of all leaves that require one.
char *sg_backward(sg_tensor loss);
// d(sum of y)/dx as a differentiable tensor, no leaf's gradient touched.
char *sg_gradient(sg_tensor y, sg_tensor x, sg_tensor *out);
// A copy of the handle of t.grad; *out is NULL where t has none.
char *sg_grad_get(sg_tensor t, sg_tensor *out);
// Drops the gradients of n tensors.
char *sg_grad_drop(sg_tensor *ts, int64_t n);
char *sg_requires_grad(sg_tensor t, int on);
char *sg_detach(sg_tensor t, sg_tensor *out);
// Thread-local switch of gradient recording; the former state goes to *was.
char *sg_grad_mode(int on, int *was);
// Thread-local autocast to bfloat16 for the device kind (-1: CPU, else CUDA); off also drops its weight cache.
char *sg_autocast(int on, int32_t device);

// One SGD update of n parameters from their gradients: p -= lr * p.grad. A parameter without a gradient is an error.
char *sg_sgd_step(sg_tensor *params, int64_t n, double lr);
// One Adam update (Kingma & Ba 2015) of n parameters; m, v: moments, counts: float32 scalars, one a parameter, counted up.
char *sg_adam_step(sg_tensor *params, sg_tensor *m, sg_tensor *v, sg_tensor *counts, int64_t n, double lr, double beta1,
                   double beta2, double eps);
// The same with the learning rate in a float32 tensor of one element on the parameters' device, which nobody waits for.
char *sg_sgd_step_at(sg_tensor *params, int64_t n, sg_tensor lr);
char *sg_adam_step_at(sg_tensor *params, sg_tensor *m, sg_tensor *v, sg_tensor *counts, int64_t n, sg_tensor lr, double beta1,
                      double beta2, double eps);
// averages[i] = decay * averages[i] + (1 - decay) * params[i], in place.
char *sg_ema_step(sg_tensor *averages, sg_tensor *params, int64_t n, double decay);
#ifdef __cplusplus
}
#endif
