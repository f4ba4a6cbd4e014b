#include "measure.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <c10/core/CachingDeviceAllocator.h>

#include "guard.h"

char *sg_tf32(int convolutions, int products, int *convolutions_were, int *products_were) {
  return sg::guard([&] {
    auto &context = at::globalContext();
    *convolutions_were = context.allowTF32CuDNN();
    *products_were = context.allowTF32CuBLAS();
    context.setAllowTF32CuDNN(convolutions != 0);
    context.setAllowTF32CuBLAS(products != 0);
  });
}

char *sg_memory_reset(int32_t device) {
  return sg::guard([&] {
    if (device < 0) return;
    auto *allocator = c10::getDeviceAllocator(c10::kCUDA);
    if (!allocator->initialized()) return;  // no tensor has been there yet
    allocator->emptyCache();
    allocator->resetPeakStats(device);
  });
}

char *sg_products(int32_t device, sg_type type, int64_t n, int64_t times) {
  return sg::guard([&] {
    at::NoGradGuard no_grad;
    auto options = at::TensorOptions().device(sg::device(device)).dtype(static_cast<at::ScalarType>(type));
    auto a = at::randn({n, n}, options), b = at::randn({n, n}, options), c = at::empty({n, n}, options);
    for (int64_t i = 0; i < times; i++) at::mm_out(c, a, b);
    if (device >= 0) at::detail::getCUDAHooks().deviceSynchronize(device);
  });
}
