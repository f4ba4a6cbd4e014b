#include <c10/cuda/CUDAException.h>
#include <cuda_runtime_api.h>

#include "cuda_functions.h"

extern "C" char *sg_cuda_capability(int32_t device, int *major) {
  return sg::guard([&] { C10_CUDA_CHECK(cudaDeviceGetAttribute(major, cudaDevAttrComputeCapabilityMajor, device)); });
}
