// What the CUDA driver, libcuda.so.1, says of a GPU. Needs no libtorch_cuda.so. The rules of tensor.h apply.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Writes the name of the device-th GPU ("NVIDIA H100 80GB HBM3") and its unique name ("GPU-8-4-4-4-12 hexadecimal
// digits", or "MIG-..." for a part of a GPU), which CUDA_VISIBLE_DEVICES and nvidia-smi take. The caller frees both
// with sg_string_free.
char *sg_driver_gpu(int32_t device, char **name, char **uuid);
#ifdef __cplusplus
}
#endif
