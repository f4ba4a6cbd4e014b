// Moving images to a device while it computes. On the CPU all of it is plain copies.
// Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef void *sg_event;
// n bytes of host memory, pinned for the device where it is no CPU; t owns them.
char *sg_host_bytes(int64_t n, int32_t device, sg_tensor *t, void **bytes);
// Starts to copy n bytes to the device, as a uint8 tensor, on a stream for copies alone; what is computed with the tensor
// waits for the copy. event is done when bytes may be overwritten, and NULL where they may at once.
char *sg_stage(const void *bytes, int64_t n, int32_t device, sg_tensor *out, sg_event *event);
// Overwrites t, n bytes of uint8 on the device, with n bytes of sg_host_bytes' memory, in the order of the device's other
// work. event as in sg_stage.
char *sg_send(sg_tensor t, const void *bytes, int64_t n, sg_event *event);
// Waits until the event is done and frees it.
char *sg_event_wait(sg_event event);
// levels (n, bytes of an image), uint8: samples of 8 or 16 bits, little-endian, as float32 v * scale - 1 of the shape, whose first size is n.
char *sg_levels(sg_tensor levels, int64_t bits, float scale, const int64_t *shape, int64_t dims, sg_tensor *out);
// Bytes of memory that are free: of the device, or of the machine (what it could give without swapping).
char *sg_memory_free(int32_t device, int64_t *bytes);
#ifdef __cplusplus
}
#endif
