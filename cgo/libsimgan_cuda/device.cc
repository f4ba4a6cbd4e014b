// What libtorch does not tell of a device.
#include <c10/cuda/CUDAException.h>
#include <cuda_runtime_api.h>

#include "cuda_functions.h"

// The first number of the device's compute capability.
extern "C" char *sg_cuda_capability(int32_t device, int *major) {
  return sg::guard([&] { C10_CUDA_CHECK(cudaDeviceGetAttribute(major, cudaDevAttrComputeCapabilityMajor, device)); });
}
