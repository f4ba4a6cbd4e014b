// The functions of libsimgan_cuda.so, which libsimgan.so looks up by name, and how it calls them. Both libraries
// include this file, so that the compiler checks what a look-up by name cannot.
#pragma once
#include "graph.h"
#include "guard.h"
#include "kernels/kernels.h"
#include "kernels/loss_kernels.h"

extern "C" {
// The function sg_capability of runtime.h.
char *sg_cuda_capability(int32_t device, int32_t *capability);
// The functions of graph.h.
char *sg_cuda_graph_begin(int32_t device, sg_generator g, sg_graph shares, sg_graph *out);
char *sg_cuda_graph_end(sg_graph graph);
char *sg_cuda_graph_abandon(sg_graph graph);
char *sg_cuda_graph_launch(sg_graph graph);
char *sg_cuda_graph_free(sg_graph graph);
// NCCL between the GPUs of a group of processes. Process 0 makes the id, of SG_CUDA_NCCL_ID bytes; all join with it.
// The sum of a tensor, in place, is work of the device's current stream and can be recorded.
enum { SG_CUDA_NCCL_ID = 128 };
char *sg_cuda_nccl_id(void *id);
char *sg_cuda_nccl_join(const void *id, int32_t device, int32_t rank, int32_t size, void **out);
char *sg_cuda_nccl_sum(void *nccl, sg_tensor t);
char *sg_cuda_nccl_free(void *nccl);
// SG_KERNELS_CUDNN's kernels, which live as long as the process.
sg::Kernels *sg_cuda_fused_kernels();
// Compiles the device kernels for a GPU and compares them with libtorch's operations (sg_device_kernels).
char *sg_cuda_device_kernels(int32_t device);
// Runs a device kernel that sg_cuda_device_kernels has compiled, on the current stream; they throw. A border is filled
// or folded in place (border.h); maps are bfloat16 with channels innermost. False, with nothing done, if the GPU has no
// kernels. A loss of n terms is added to total, a float32 scalar.
bool sg_cuda_border(bool fold, const at::Tensor &maps, int64_t p);
void sg_cuda_l1(const sg::rtc::L1 &loss, int64_t n, const at::Tensor &total);
void sg_cuda_patch_nll(const sg::rtc::PatchNLL &loss, int64_t n, const at::Tensor &total);
}

namespace sg {

// Looks up a symbol of libsimgan_cuda.so; throws if the library is missing or lacks it.
void *cuda_symbol(const char *name);

// Calls a function of libsimgan_cuda.so that returns NULL or an error message, and does the same.
template <class F, class... A>
char *call_cuda(const char *name, A... arguments) {
  char *message = nullptr;
  char *missing = guard([&] { message = reinterpret_cast<F *>(cuda_symbol(name))(arguments...); });
  return missing ? missing : message;
}

}  // namespace sg

// SG_CUDA(name) is a pointer to the function; SG_CALL_CUDA(name, arguments...) calls it as call_cuda does.
#define SG_CUDA(name) reinterpret_cast<decltype(&name)>(sg::cuda_symbol(#name))
#define SG_CALL_CUDA(name, ...) sg::call_cuda<decltype(name)>(#name, __VA_ARGS__)
