// 3x3 convolutions on the CPU in float32 by Winograd's minimal filtering: F(4x4, 3x3) of Lavin & Gray, "Fast Algorithms
// for Convolutional Neural Networks" (2016). A tile of 16 results takes 36 products; the sum over the filter takes 144.
#pragma once
#include "kernels/kernels.h"

namespace sg {
// Whether the processor has the instructions that the kernels need: AVX2 and FMA.
bool has_winograd();
// Kernels for float32 on the CPU; throws unless has_winograd. The reference kernels compute layers that are not 3x3
// with stride 1, or whose channels are not multiples of 8. The relative error of results is about 7e-7, twice that of a
// plain sum.
Kernels &winograd_kernels();
}  // namespace sg
