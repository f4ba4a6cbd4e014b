// CUDA kernels that are part of simgan: the border of replicate padding, and the losses. They are compiled on the
// machine that runs them. The rules of tensor.h apply.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Compiles the kernels for the GPU `device` (0 to 63) and compares them with libtorch's operations on small inputs;
// from then on they are used on it. After an error libtorch's operations stay in use.
char *sg_device_kernels(int32_t device);
#ifdef __cplusplus
}
namespace sg {
// Whether sg_device_kernels succeeded for the GPU.
bool has_device_kernels(int device);
}  // namespace sg
#endif
