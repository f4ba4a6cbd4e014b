// Kernels of our own. Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Compiles our kernels for the GPU (of number 0 to 63) and tries them beside libtorch's operations; from then on they are used there. Where that fails
// libtorch's operations go on, and the message says why.
char *sg_own_kernels(int32_t device);
// Fills or folds, in place, the border of p pixels in maps (n, c, h+2p, w+2p) with channels innermost: by libtorch's views, or as our
// kernels do, which are run as a loop on a CPU (float32 and bfloat16). For tests.
char *sg_border(sg_tensor maps, int64_t p, int fold, int own);
#ifdef __cplusplus
}
namespace sg {
// Whether sg_own_kernels succeeded for the GPU.
bool has_own_kernels(int device);
}  // namespace sg
#endif
