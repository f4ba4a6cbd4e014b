#include "device_kernels.h"

#include <atomic>

#include "cuda_functions.h"

static std::atomic<uint64_t> devices;  // bit n is set if GPU n has the kernels

char *sg_device_kernels(int32_t device) {
  char *message = SG_CALL_CUDA(sg_cuda_device_kernels, device);
  if (!message) devices |= uint64_t{1} << device;
  return message;
}

bool sg::has_device_kernels(int device) { return devices >> device & 1; }
