// Figures and switches for measurements; training does not use them. The rules of tensor.h apply.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// Sets whether cuDNN (convolutions) and cuBLAS (products) may compute float32 in TF32, which has 10 bits of mantissa: 1
// or 0 each. Writes the former settings to *convolutions_were and *products_were.
char *sg_tf32(int convolutions, int products, int *convolutions_were, int *products_were);
// Returns to the device the memory that no tensor and no graph uses, and resets the peak that sg_memory reports to what
// is left. Does nothing on the CPU.
char *sg_memory_reset(int32_t device);
// Multiplies two n x n matrices of random numbers of the type on the device, `times` times, and waits for the last
// product.
char *sg_products(int32_t device, sg_type type, int64_t n, int64_t times);
#ifdef __cplusplus
}
#endif
