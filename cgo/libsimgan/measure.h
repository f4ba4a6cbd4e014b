// For those who measure: figures and switches that training leaves alone.
// Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Whether cuDNN and cuBLAS may compute float32 in TF32 (10 bits of mantissa), and whether they might before.
char *sg_tf32(int convolutions, int products, int *convolutions_were, int *products_were);
// Gives the device back what no tensor and no graph uses, and lets the peak that sg_memory tells start anew from the rest;
// nothing happens on the CPU (device < 0).
char *sg_memory_reset(int32_t device);
// Multiplies two n x n matrices of random numbers of the type on the device, so many times, and waits for the last.
char *sg_products(int32_t device, int8_t type, int64_t n, int64_t times);
#ifdef __cplusplus
}
#endif
