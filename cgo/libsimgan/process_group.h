// Processes that train together: PyTorch's c10d with its TCP store, Gloo between hosts, and NCCL between GPUs. The
// rules of tensor.h apply. All processes of a group call the same functions with tensors of the same shapes in the same
// order; a call returns when its result is there (on a GPU, when it has been enqueued), or with an error after the
// group's timeout.
#pragma once
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif
// A process's membership of a group.
typedef void *sg_group;

// Joins the group as one of size processes: opens its store at host:port, which this process runs if serve is 1. Keys
// of the store get the prefix, so that a restarted job does not read those of its last attempt. The caller frees the
// group with sg_group_free.
char *sg_group_join(const char *host, int32_t port, int serve, const char *prefix, int32_t rank, int32_t size,
                    int64_t timeout_ms, sg_group *out);
// Connects all processes of the group. It waits for them.
char *sg_group_connect(sg_group g, int64_t timeout_ms);
// Sets the timeout of later calls.
char *sg_group_timeout(sg_group g, int64_t timeout_ms);
// Joins NCCL, for tensors on the device (>= 0). Call sg_cuda_load before.
char *sg_group_device(sg_group g, int32_t device);
// Sums t over all processes, in place.
char *sg_group_sum(sg_group g, sg_tensor t);
// Averages n tensors of one type over all processes, in place, as one flat buffer.
char *sg_group_average(sg_group g, const sg_tensor *tensors, int64_t n);
// Averages the gradients of n parameters as sg_group_average does, without those that have none.
char *sg_group_average_gradients(sg_group g, const sg_tensor *params, int64_t n);
// Overwrites t with the values that process from has in t. They go through the hosts' memory.
char *sg_group_broadcast(sg_group g, sg_tensor t, int32_t from);
// Sends t's values to process to, which calls sg_group_receive.
char *sg_group_send(sg_group g, sg_tensor t, int32_t to);
// Overwrites t with the values that process from sends.
char *sg_group_receive(sg_group g, sg_tensor t, int32_t from);
// Closes the connections, so that the others' calls fail at once. Only the store stays.
char *sg_group_abort(sg_group g);
// Frees the group; NULL is allowed.
void sg_group_free(sg_group g);

// Sets a key of the store to n bytes.
char *sg_store_set(sg_group g, const char *key, const void *value, int64_t n);
// Writes the key's value and its length, which the caller frees with sg_string_free; NULL if there is none.
char *sg_store_get(sg_group g, const char *key, char **value, int64_t *n);
#ifdef __cplusplus
}
#endif
