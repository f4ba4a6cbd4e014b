// Moving images to a device while it computes. On the CPU these are plain copies. The rules of tensor.h apply.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// A point in a device's work; sg_event_wait frees it.
typedef void *sg_event;
// n bytes of host memory, pinned if the device is a GPU. *bytes is their address; *t, a new uint8 tensor, owns them.
char *sg_host_bytes(int64_t n, int32_t device, sg_tensor *t, void **bytes);
// Starts to copy n bytes to the device: out is a uint8 tensor (n). On a GPU the copy has a stream of its own, and what
// is computed with out waits for it. *event is reached when bytes may be overwritten; it is NULL if they may be at
// once.
char *sg_stage(const void *bytes, int64_t n, int32_t device, sg_tensor *out, sg_event *event);
// Overwrites t, n bytes of uint8 on a device, with n bytes of sg_host_bytes' memory, in order with the device's other
// work. *event as in sg_stage.
char *sg_send(sg_tensor t, const void *bytes, int64_t n, sg_event *event);
// Waits until the event is reached and frees it; NULL is allowed.
char *sg_event_wait(sg_event event);
// levels (n, bytes per image), uint8: samples of 8 or 16 bits, little-endian. out: v * scale - 1 as float32 of the
// shape (dims sizes), whose first size is n.
char *sg_levels(sg_tensor levels, int64_t bits, float scale, const int64_t *shape, int64_t dims, sg_tensor *out);
// Writes how many bytes are free on the GPU.
char *sg_memory_free(int32_t device, int64_t *bytes);
#ifdef __cplusplus
}
#endif
