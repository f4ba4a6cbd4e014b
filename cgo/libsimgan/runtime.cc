#include "runtime.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/randn.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <fstream>

#include "cuda_functions.h"
#include "kernels/processor.h"

using sg::give;
using sg::guard;
using sg::tensor;

static at::Generator &generator(sg_generator g) { return *static_cast<at::Generator *>(g); }

char *sg_threads(int32_t n) {
  return guard([&] {
    at::globalContext().setFlushDenormal(true);  // threads that OpenMP starts from this one inherit it
    at::set_num_threads(n);
  });
}

char *sg_seed(uint64_t seed) {
  return guard([&] { at::manual_seed(seed); });
}

char *sg_version(char **version, char **instructions) {
  return guard([&] {
    *version = strdup(TORCH_VERSION);
    *instructions = strdup(at::get_cpu_capability().c_str());
  });
}

char *sg_bfloat16(int32_t device, int *yes) {
  if (device < 0) return guard([&] { *yes = sg::has_avx512_bf16(); });
  int32_t capability = 0;
  char *message = sg_capability(device, &capability);
  *yes = capability >= 80;
  return message;
}

char *sg_capability(int32_t device, int32_t *capability) {
  return SG_CALL_CUDA(sg_cuda_capability, device, capability);
}

char *sg_cuda_load(void) {
  return guard([&] {
    Dl_info here;
    TORCH_CHECK(dladdr(reinterpret_cast<void *>(&at::get_num_threads), &here),
                "libtorch_cpu.so was not found in memory");
    std::string path(here.dli_fname);
    path = path.substr(0, path.rfind('/') + 1) + "libtorch_cuda.so";
    TORCH_CHECK(dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL), dlerror());
  });
}

char *sg_cuda_devices(int32_t *n) {
  return guard([&] {
    *n = at::detail::getCUDAHooks().deviceCount();
    if (*n == 0) at::detail::getCUDAHooks().init();  // throws the driver's reason
  });
}

char *sg_cudnn(int64_t *version) {
  return guard(
      [&] { *version = at::detail::getCUDAHooks().hasCuDNN() ? at::detail::getCUDAHooks().versionRuntimeCuDNN() : 0; });
}

char *sg_synchronize(int32_t device) {
  return guard([&] {
    if (device >= 0) at::detail::getCUDAHooks().deviceSynchronize(device);
  });
}

char *sg_memory(int32_t device, int64_t *now, int64_t *peak) {
  return guard([&] {
    if (device >= 0) {
      auto *allocator = c10::getDeviceAllocator(c10::kCUDA);
      *now = *peak = 0;
      if (!allocator->initialized()) return;  // no tensor has been there yet
      const auto stats = allocator->getDeviceStats(device);
      *now = stats.allocated_bytes[0].current;
      *peak = stats.reserved_bytes[0].peak;
      return;
    }
    std::ifstream status("/proc/self/status");
    *now = *peak = 0;
    for (std::string word; status >> word;) {
      if (word == "VmRSS:") status >> *now;
      if (word == "VmHWM:") status >> *peak;
    }
    *now *= 1024;
    *peak *= 1024;
  });
}

char *sg_generator_new(int32_t device, uint64_t seed, sg_generator *out) {
  return guard([&] {
    auto g = device < 0 ? at::detail::createCPUGenerator(seed) : at::detail::getCUDAHooks().getNewGenerator(device);
    g.set_current_seed(seed);
    *out = new at::Generator(g);
  });
}

void sg_generator_free(sg_generator g) { delete static_cast<at::Generator *>(g); }

char *sg_generator_state(sg_generator g, sg_tensor *out) {
  return guard([&] {
    std::lock_guard<std::mutex> lock(generator(g).mutex());
    *out = give(generator(g).get_state());
  });
}

char *sg_generator_restore(sg_generator g, sg_tensor state) {
  return guard([&] {
    std::lock_guard<std::mutex> lock(generator(g).mutex());
    generator(g).set_state(tensor(state));
  });
}

char *sg_randn(sg_generator g, const int64_t *shape, int64_t dims, sg_tensor *out) {
  return guard([&] {
    auto &gen = generator(g);
    *out = give(
        at::randn({shape, static_cast<size_t>(dims)}, gen, at::TensorOptions().dtype(at::kFloat).device(gen.device())));
  });
}
