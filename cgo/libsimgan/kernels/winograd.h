// Convolutions of 3x3 on the CPU in float32 by Winograd's minimal filtering, F(4x4, 3x3) of Lavin & Gray, "Fast
// Algorithms for Convolutional Neural Networks" (2016): 36 products for 16 results, where the sum over the filter takes
// 144.
#pragma once
#include "kernels/kernels.h"

namespace sg {
// Whether the processor has the instructions that it is written for: AVX2 and FMA.
bool has_winograd();
// Kernels for float32 on the CPU. Layers that are not 3x3 of stride 1, or whose channels are no multiple of 8, go to
// the reference. Results are off by about 7e-7 of their length, twice a plain sum's.
Kernels &winograd_kernels();
}  // namespace sg
