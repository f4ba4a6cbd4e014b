// Tensors: making, moving, reading. A sg_tensor is gotorch's Tensor: an at::Tensor on the C++ heap.
// Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
typedef void *sg_tensor;

// Scalar types, numbered as c10::ScalarType.
enum { SG_UINT8 = 0, SG_INT64 = 4, SG_FLOAT32 = 6, SG_FLOAT64 = 7, SG_BFLOAT16 = 15 };

void sg_string_free(char *message);
void sg_tensor_free(sg_tensor t);
// Copies host data of the given type and shape to the device (-1: CPU, n: cuda:n).
char *sg_tensor_from(const void *data, int8_t type, const int64_t *shape, int64_t dims, int32_t device, sg_tensor *out);
// Zeros of the given type and shape on the device.
char *sg_tensor_zeros(int8_t type, const int64_t *shape, int64_t dims, int32_t device, sg_tensor *out);
// The tensor on the device, as the type; itself where both are already so. channels_last != 0: with that memory format (4 dimensions).
char *sg_tensor_to(sg_tensor t, int32_t device, int8_t type, int channels_last, sg_tensor *out);
// Zeros of t's shape, type, device and memory layout.
char *sg_tensor_zeros_like(sg_tensor t, sg_tensor *out);
// dst.copy_(src), across devices and types, outside of autograd.
char *sg_tensor_copy(sg_tensor dst, sg_tensor src);
// dst += src and dst = 0, in place, outside of autograd.
char *sg_tensor_add(sg_tensor dst, sg_tensor src);
char *sg_tensor_clear(sg_tensor dst);
// The bytes of t, of one dimension, seen as another type, no copy.
char *sg_tensor_as(sg_tensor t, int8_t type, sg_tensor *out);
// The tensor's data become src's (moves a parameter to a device, keeps its identity).
char *sg_tensor_set_data(sg_tensor t, sg_tensor src);
// Reads all values, in row-major order, as float32 into dst of n values.
char *sg_tensor_read(sg_tensor t, float *dst, int64_t n);
// Number of dimensions, the first eight sizes, the scalar type and the device.
char *sg_tensor_info(sg_tensor t, int64_t *dims, int64_t shape[8], int8_t *type, int32_t *device);
#ifdef __cplusplus
}
#endif
