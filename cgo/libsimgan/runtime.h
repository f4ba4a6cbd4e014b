// The machine: threads, seeds, random generators, CUDA, memory figures.
// Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef void *sg_generator;

// Threads that operations called from this thread use.
char *sg_threads(int32_t n);
// Seeds the default generators (weight initialisation draws from the CPU's).
char *sg_seed(uint64_t seed);
// The libtorch version and the CPU's instruction set in use ("AVX512"); to be freed with sg_string_free.
char *sg_version(char **version, char **instructions);
// Whether the device (< 0: the CPU) multiplies bfloat16 in hardware; GPUs do from compute capability 8.0 on.
char *sg_bfloat16(int32_t device, int *yes);
// Loads libtorch_cuda.so from the folder that holds libtorch_cpu.so, so that CUDA devices can be used.
char *sg_cuda_load(void);
// Number of CUDA devices (0 without a driver).
char *sg_cuda_devices(int32_t *n);
// Version of cuDNN as a number (91900 is 9.19.0), after sg_cuda_load; 0 where libtorch came without.
char *sg_cudnn(int64_t *version);
// Waits until the device has done all that was asked of it; nothing to wait for on the CPU (device < 0).
char *sg_synchronize(int32_t device);
// Bytes in use now and at most: this process's resident memory (device < 0, from /proc/self/status). On a CUDA device now is
// that of libtorch's tensors and peak what libtorch held of the device for them, the pools of CUDA graphs with it (what a
// graph uses counts as free among tensors).
char *sg_memory(int32_t device, int64_t *now, int64_t *peak);

char *sg_generator_new(int32_t device, uint64_t seed, sg_generator *out);
void sg_generator_free(sg_generator g);
// The generator's state as a uint8 tensor on the CPU, and back.
char *sg_generator_state(sg_generator g, sg_tensor *out);
char *sg_generator_restore(sg_generator g, sg_tensor state);
// Standard normal numbers, drawn on the generator's device.
char *sg_randn(sg_generator g, const int64_t *shape, int64_t dims, sg_tensor *out);
#ifdef __cplusplus
}
#endif
