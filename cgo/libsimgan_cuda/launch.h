// Launches of device kernels that sg_cuda_device_kernels has compiled.
#pragma once
#include <ATen/core/Tensor.h>

namespace sg::rtc {

// Does what border.h's fill_border or fold_border does, in one launch on the current stream. maps are bfloat16 with
// channels innermost, a multiple of 8. Returns false, with nothing done, if the maps' GPU has no kernels.
bool launch_border(bool fold, const at::Tensor &maps, int64_t p);

}  // namespace sg::rtc
