// The machine: threads, seeds, random generators, CUDA, memory figures. The rules of tensor.h apply.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Sets the number of threads, at least 1, that operations called from this thread use, and has them take numbers below
// the normal range as 0: Adam's moments of units that learn nothing decay into that range, where a step takes five
// times as long.
char *sg_threads(int32_t n);
// Seeds libtorch's default generators; weight initialisation draws from the CPU's.
char *sg_seed(uint64_t seed);
// Writes libtorch's version ("2.11.0") and the CPU instruction set that it uses ("AVX512"). The caller frees both with
// sg_string_free.
char *sg_version(char **version, char **instructions);
// Writes to *yes whether the device multiplies bfloat16 in hardware: 1 or 0. GPUs do from compute capability 8.0 on.
// After an error *yes is 0.
char *sg_bfloat16(int32_t device, int *yes);
// Loads libtorch_cuda.so from the folder of libtorch_cpu.so, so that CUDA devices can be used.
char *sg_cuda_load(void);
// Writes 10 major + minor of a GPU's compute capability: 90 for 9.0.
char *sg_capability(int32_t device, int32_t *capability);
// Writes the number of CUDA devices. If there are none, the error is the driver's reason.
char *sg_cuda_devices(int32_t *n);
// Writes cuDNN's version as a number (91900 is 9.19.0), 0 if libtorch was built without it. Call sg_cuda_load before.
char *sg_cudnn(int64_t *version);
// Waits until the device has done all that was asked of it. The CPU always has.
char *sg_synchronize(int32_t device);
// Writes bytes in use now and at most. On the CPU both are this process's resident memory (/proc/self/status). On a
// GPU, now is the memory of libtorch's tensors; peak is the memory that libtorch held of the device, including the
// pools of CUDA graphs (memory that a graph uses counts as free among tensors).
char *sg_memory(int32_t device, int64_t *now, int64_t *peak);

// A random generator of one device.
typedef void *sg_generator;
// A new generator of the device with the seed; the caller frees it with sg_generator_free.
char *sg_generator_new(int32_t device, uint64_t seed, sg_generator *out);
// Frees the generator; NULL is allowed.
void sg_generator_free(sg_generator g);
// The generator's state: a uint8 tensor on the CPU.
char *sg_generator_state(sg_generator g, sg_tensor *out);
// Sets the generator's state to one that sg_generator_state returned.
char *sg_generator_restore(sg_generator g, sg_tensor state);
// Standard normal numbers of the shape (dims sizes), float32, drawn on the generator's device.
char *sg_randn(sg_generator g, const int64_t *shape, int64_t dims, sg_tensor *out);
#ifdef __cplusplus
}
#endif
