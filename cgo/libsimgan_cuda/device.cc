#include <c10/cuda/CUDAException.h>
#include <cuda_runtime_api.h>

#include "cuda_functions.h"

extern "C" char *sg_cuda_capability(int32_t device, int32_t *capability) {
  return sg::guard([&] {
    int major, minor;
    C10_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
    C10_CUDA_CHECK(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device));
    *capability = 10 * major + minor;
  });
}
