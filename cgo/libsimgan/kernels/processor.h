// Which instructions our CPU kernels use: those of the processor, at most those that ATEN_CPU_CAPABILITY (default, avx2
// or avx512) allows libtorch's kernels.
#pragma once

namespace sg {
bool has_avx2();    // and FMA
bool has_avx512();  // F, VL, BW, DQ
bool has_avx512_bf16();
}  // namespace sg
