// Kernels of our own on a GPU, once sg_cuda_device_kernels has compiled and tried them.
#pragma once
#include <ATen/core/Tensor.h>

namespace sg::rtc {

// What border.h's fill_border or fold_border does, in one launch on the current stream; maps are bfloat16 with channels
// innermost, a multiple of 8. False, with nothing done, where the maps' GPU has no kernels.
bool launch_border(bool fold, const at::Tensor &maps, int64_t p);

}  // namespace sg::rtc
