// What simgan adds to libtorch on a GPU: libsimgan_cuda.so. It is loaded by name, so that libsimgan.so runs on machines
// without CUDA. The rules of tensor.h apply.
#pragma once
#ifdef __cplusplus
extern "C" {
#endif
// Loads libsimgan_cuda.so from the folder of libsimgan.so. Call sg_cuda_load before.
char *sg_cuda_extras(void);
#ifdef __cplusplus
}
#endif
