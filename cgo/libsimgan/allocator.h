// Host memory for tensors, kept between steps. The rules of tensor.h apply.
#pragma once
#ifdef __cplusplus
extern "C" {
#endif
// Takes the memory of large CPU tensors from a cache of this process from now on: a step uses the memory of the last
// one again. libtorch's own allocator returns memory to the system, which hands it out again page by page, cleared;
// that takes a tenth of a step's time.
char *sg_cache_memory(void);
#ifdef __cplusplus
}
#endif
