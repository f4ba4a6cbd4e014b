// Host memory for tensors, kept between steps.
// Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// From now on large CPU tensors come from a cache of this process: a step finds the memory of the last one. libtorch's own
// allocator gives it back to the system, which hands it out again page by page, cleared: a tenth of a step's time.
char *sg_cache_memory(void);
#ifdef __cplusplus
}
#endif
