// Sums over GPUs, by the NCCL that libtorch links. process_group.h documents the functions.
#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAGuard.h>

#include "cuda_functions.h"

// Four functions of torch/csrc/cuda/nccl.h. That header needs those of cuBLAS, cuSPARSE and cuSOLVER, of which nothing
// here depends.
namespace torch::cuda::nccl {
struct ncclUniqueId {
  char internal[SG_CUDA_NCCL_ID];
};
void get_unique_id(ncclUniqueId &id);
void *comm_init_rank(int nranks, const ncclUniqueId &comm_id, int rank);
void comm_destroy(void *comm);
void all_reduce(const std::vector<at::Tensor> &inputs, std::vector<at::Tensor> &outputs, int32_t op,
                const std::vector<std::optional<c10::cuda::CUDAStream>> &streams,
                const std::vector<void *> &user_comms);
}  // namespace torch::cuda::nccl

namespace nccl = torch::cuda::nccl;

static constexpr int32_t kSum = 0;  // ncclSum

extern "C" {

char *sg_cuda_nccl_id(void *id) {
  return sg::guard([&] { nccl::get_unique_id(*static_cast<nccl::ncclUniqueId *>(id)); });
}

char *sg_cuda_nccl_join(const void *id, int32_t device, int32_t rank, int32_t size, void **out) {
  return sg::guard([&] {
    c10::cuda::CUDAGuard on(static_cast<c10::DeviceIndex>(device));
    *out = nccl::comm_init_rank(size, *static_cast<const nccl::ncclUniqueId *>(id), rank);
  });
}

char *sg_cuda_nccl_sum(void *communicator, sg_tensor t) {
  return sg::guard([&] {
    std::vector<at::Tensor> tensors{sg::tensor(t)};
    nccl::all_reduce(tensors, tensors, kSum, {c10::cuda::getCurrentCUDAStream(tensors[0].device().index())},
                     {communicator});
  });
}

char *sg_cuda_nccl_free(void *communicator) {
  return sg::guard([&] { nccl::comm_destroy(communicator); });
}

}  // extern "C"
