// Fused layers in bfloat16 on the CPU, by the kernels of kernels/amx.h.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "fused.h"

namespace sg::amx {

struct Kernels;

// x (b, c, H, W) through the layers of a valid table, differentiable once: (b, k, h, w) float32.
at::Tensor apply_layers(const at::Tensor &x, const std::vector<at::Tensor> &params,
                        const std::vector<sg_fused_layer> &table, bool replicate, const Kernels &kernels);

}  // namespace sg::amx
