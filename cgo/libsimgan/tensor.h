// Tensors: making, moving and reading them.
//
// Rules for every function of this library:
// - It returns NULL, or an error message that the caller frees with sg_string_free. After an error nothing was written
// through
//   the pointers, unless the function's comment says otherwise.
// - A tensor that it returns through `out` is new and belongs to the caller, who frees it with sg_tensor_free.
// - A tensor that it takes stays the caller's; arrays are read during the call only.
// - A device is -1 (the CPU) or n >= 0 (cuda:n).
#pragma once
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
// gotorch's Tensor: an at::Tensor on the C++ heap.
typedef void *sg_tensor;

// A scalar type, numbered as c10::ScalarType.
typedef int8_t sg_type;
enum { SG_UINT8 = 0, SG_INT64 = 4, SG_FLOAT32 = 6, SG_BFLOAT16 = 15 };

// Frees a message or another text of this library; NULL is allowed.
void sg_string_free(char *text);
// Frees the handle; the data go with their last handle. NULL is allowed.
void sg_tensor_free(sg_tensor t);
// Copies host data, row-major, of the type and the shape (dims sizes) to the device.
char *sg_tensor_from(const void *data, sg_type type, const int64_t *shape, int64_t dims, int32_t device,
                     sg_tensor *out);
// Zeros of the type and the shape (dims sizes) on the device.
char *sg_tensor_zeros(sg_type type, const int64_t *shape, int64_t dims, int32_t device, sg_tensor *out);
// A tensor whose values are whatever its memory holds. On the CPU pages of a large one take memory when first written.
char *sg_tensor_empty(sg_type type, const int64_t *shape, int64_t dims, int32_t device, sg_tensor *out);
// Zeros with t's shape, type, device and memory layout.
char *sg_tensor_zeros_like(sg_tensor t, sg_tensor *out);
// t on the device, as the type; it shares t's data if both are already so. channels_last 1: with channels innermost in
// memory, for 4 dimensions; 0: in t's layout.
char *sg_tensor_to(sg_tensor t, int32_t device, sg_type type, int channels_last, sg_tensor *out);
// Overwrites dst's values with src's, of the same shape, across devices and types. Autograd does not see it.
char *sg_tensor_copy(sg_tensor dst, sg_tensor src);
// dst += src, in place. Autograd does not see it.
char *sg_tensor_add(sg_tensor dst, sg_tensor src);
// dst = 0, in place. Autograd does not see it.
char *sg_tensor_clear(sg_tensor dst);
// t's memory, of one dimension, as values of another type; it shares t's data.
char *sg_tensor_as(sg_tensor t, sg_type type, sg_tensor *out);
// Makes src's data t's: moves a parameter to a device, and t stays the same tensor.
char *sg_tensor_set_data(sg_tensor t, sg_tensor src);
// Copies all values, row-major, as float32 to dst, which has room for n; n must be their number. Waits for the device.
char *sg_tensor_read(sg_tensor t, float *dst, int64_t n);
// Writes t's number of dimensions, its first eight sizes, its type (any of c10::ScalarType's) and its device.
char *sg_tensor_info(sg_tensor t, int64_t *dims, int64_t shape[8], sg_type *type, int32_t *device);
#ifdef __cplusplus
}
#endif
