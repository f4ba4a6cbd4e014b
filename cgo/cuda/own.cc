// Our own kernels: compiled once a device, tried beside border.h, and launched on libtorch's stream, where a CUDA graph records them.
#include "launch.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <map>
#include <mutex>

#include "../border.h"
#include "../border_kernels.h"
#include "../guard.h"
#include "../own.h"
#include "compile.h"

namespace sg::own {

using at::Tensor;

struct Kernels {
  cudaKernel_t fill_border, fold_border;
};

// By device; backward launches them from a thread of its own.
static std::mutex mutex;
static std::map<int, Kernels> compiled;

static Kernels compile_for(int device) {
  int major, minor;
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device));
  const auto code = sg::compile(own_source, "sm_" + std::to_string(10 * major + minor));
  cudaLibrary_t library;
  C10_CUDA_CHECK(cudaLibraryLoadData(&library, code.data(), nullptr, nullptr, 0, nullptr, nullptr, 0));
  Kernels k;
  C10_CUDA_CHECK(cudaLibraryGetKernel(&k.fill_border, library, "fill_border"));
  C10_CUDA_CHECK(cudaLibraryGetKernel(&k.fold_border, library, "fold_border"));
  return k;
}

// A thread for each Eight of an image's border, or edge.
static void launch_border(cudaKernel_t kernel, bool fold, const Tensor &maps, int64_t p) {
  TORCH_CHECK(maps.scalar_type() == at::kBFloat16 && maps.is_contiguous(at::MemoryFormat::ChannelsLast) && maps.size(1) % 8 == 0,
              "border: maps of ", maps.sizes(), " are not bfloat16 with channels innermost, a multiple of 8");
  TORCH_CHECK(maps.size(2) - 2 * p > 1 && maps.size(3) - 2 * p > 1, "border: ", p, " pixels of border in maps of ", maps.sizes());
  Map map{int(maps.size(2)), int(maps.size(3)), int(maps.size(1)), int(p)};
  void *data = maps.data_ptr(), *arguments[] = {&data, &map};
  constexpr int threads = 256;
  const unsigned parts = ((fold ? map.folded() : map.filled()) + threads - 1) / threads;
  const c10::cuda::CUDAGuard device(maps.device());
  const auto stream = c10::cuda::getCurrentCUDAStream();
  C10_CUDA_CHECK(cudaLaunchKernel(reinterpret_cast<const void *>(kernel), {unsigned(maps.size(0)), parts, 1}, threads, arguments, 0, stream));
}

// Both kernels on small maps, beside border.h in float32: integers, whose sums are exact.
static void try_border(const Kernels &k, int device) {
  const auto options = at::TensorOptions().device(at::kCUDA, device);
  for (int64_t p : {1, 3}) {
    const auto values = at::arange(2 * 16 * 10 * 11, options.dtype(at::kFloat)).remainder(251).sub(125).view({2, 16, 10, 11});
    for (bool fold : {false, true}) {
      const auto want = values.clone(at::MemoryFormat::ChannelsLast), got = want.to(at::kBFloat16);
      launch_border(fold ? k.fold_border : k.fill_border, fold, got, p);
      fold ? sg::fold_border(want, p) : sg::fill_border(want, p);
      TORCH_CHECK(at::equal(got, want.to(at::kBFloat16)), fold ? "fold" : "fill", "_border computes something else than libtorch's views");
    }
  }
}

bool launch_border(bool fold, const Tensor &maps, int64_t p) {
  Kernels k;
  {
    std::lock_guard<std::mutex> lock(mutex);
    const auto found = compiled.find(maps.device().index());
    if (found == compiled.end()) return false;
    k = found->second;
  }
  launch_border(fold ? k.fold_border : k.fill_border, fold, maps, p);
  return true;
}

}  // namespace sg::own

extern "C" bool sg_cuda_border(bool fold, const at::Tensor &maps, int64_t p) { return sg::own::launch_border(fold, maps, p); }

extern "C" char *sg_cuda_own_kernels(int32_t device) {
  return sg::guard([&] {
    c10::NoGradGuard no_grad;
    const c10::cuda::CUDAGuard here(static_cast<c10::DeviceIndex>(device));
    std::lock_guard<std::mutex> lock(sg::own::mutex);
    if (sg::own::compiled.count(device)) return;
    const auto kernels = sg::own::compile_for(device);
    sg::own::try_border(kernels, device);
    sg::own::compiled[device] = kernels;
  });
}
