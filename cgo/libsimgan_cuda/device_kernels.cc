// The device kernels: compiled once per device, compared with libtorch's operations, and launched on libtorch's stream,
// where a CUDA graph records them.
#include "launch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "compile.h"
#include "cuda_functions.h"
#include "kernels/border_kernels.h"

namespace sg::rtc {

using at::Tensor;

struct Kernels {
  cudaKernel_t fill_border, fold_border, l1, patch_nll;
};

// Per device. Backward passes use them from another thread.
static std::mutex mutex;
static std::map<int, Kernels> compiled;

static Kernels compile_for(int device) {
  int major, minor;
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device));
  const auto code = compile(source, "sm_" + std::to_string(10 * major + minor));
  cudaLibrary_t library;
  C10_CUDA_CHECK(cudaLibraryLoadData(&library, code.data(), nullptr, nullptr, 0, nullptr, nullptr, 0));
  Kernels k;
  C10_CUDA_CHECK(cudaLibraryGetKernel(&k.fill_border, library, "fill_border"));
  C10_CUDA_CHECK(cudaLibraryGetKernel(&k.fold_border, library, "fold_border"));
  C10_CUDA_CHECK(cudaLibraryGetKernel(&k.l1, library, "l1"));
  C10_CUDA_CHECK(cudaLibraryGetKernel(&k.patch_nll, library, "patch_nll"));
  return k;
}

constexpr int threads = 256;  // per block

static void launch(cudaKernel_t kernel, at::Device on, dim3 blocks, void **arguments) {
  const c10::cuda::CUDAGuard device(on);
  C10_CUDA_CHECK(cudaLaunchKernel(reinterpret_cast<const void *>(kernel), blocks, threads, arguments, 0,
                                  c10::cuda::getCurrentCUDAStream()));
}

// Launches one thread per Eight of an image's border, or of its edge.
static void launch_border(cudaKernel_t kernel, bool fold, const Tensor &maps, int64_t p) {
  TORCH_CHECK(maps.scalar_type() == at::kBFloat16 && maps.is_contiguous(at::MemoryFormat::ChannelsLast) &&
                  maps.size(1) % 8 == 0,
              "border: maps of ", maps.sizes(), " are not bfloat16 with channels innermost, a multiple of 8");
  TORCH_CHECK(maps.size(2) - 2 * p > 1 && maps.size(3) - 2 * p > 1, "border: ", p, " pixels of border in maps of ",
              maps.sizes());
  Map map{int(maps.size(2)), int(maps.size(3)), int(maps.size(1)), int(p)};
  void *data = maps.data_ptr(), *arguments[] = {&data, &map};
  const unsigned parts = ((fold ? map.folded() : map.filled()) + threads - 1) / threads;
  launch(kernel, maps.device(), {unsigned(maps.size(0)), parts, 1}, arguments);
}

// Compares both border kernels with border.h in float32 on small maps. The values are integers, whose sums are exact.
static void try_border(const Kernels &k, int device) {
  const auto options = at::TensorOptions().device(at::kCUDA, device);
  for (int64_t p : {1, 3}) {
    const auto values =
        at::arange(2 * 16 * 10 * 11, options.dtype(at::kFloat)).remainder(251).sub(125).view({2, 16, 10, 11});
    for (bool fold : {false, true}) {
      const auto want = values.clone(at::MemoryFormat::ChannelsLast), got = want.to(at::kBFloat16);
      launch_border(fold ? k.fold_border : k.fill_border, fold, got, p);
      fold ? sg::fold_border(want, p) : sg::fill_border(want, p);
      TORCH_CHECK(at::equal(got, want.to(at::kBFloat16)), fold ? "fold" : "fill",
                  "_border computes something else than libtorch's views");
    }
  }
}

// Launches up to four terms per thread as long as that fills a GPU with blocks.
template <class Loss>
static void launch_loss(cudaKernel_t kernel, Loss loss, int64_t n, const Tensor &total) {
  auto count = static_cast<long long>(n);
  void *sum = total.data_ptr(), *arguments[] = {&loss, &count, &sum};
  const auto blocks = std::min<int64_t>((n + 4 * threads - 1) / (4 * threads), 1024);
  if (blocks > 0) launch(kernel, total.device(), {unsigned(blocks), 1, 1}, arguments);
}

static bool near(const Tensor &got, const Tensor &want) {
  return at::allclose(got, want, /*rtol=*/1e-5, /*atol=*/1e-6);
}

// Compares both losses and their gradients with libtorch's in float32, on small inputs.
static void try_losses(const Kernels &k, int device) {
  const auto options = at::TensorOptions().device(at::kCUDA, device).dtype(at::kFloat);
  const auto a = at::arange(3 * 2 * 40 * 50, options).mul(0.7).sin().mul(3).view({3, 2, 40, 50}), b = a.roll(1);
  auto slope = at::empty_like(a), total = at::zeros({}, options);
  for (float limit : {0.0f, 0.7f}) {
    const L1 l1{a.data_ptr<float>(), b.data_ptr<float>(), slope.data_ptr<float>(), 0.5f, limit};
    launch_loss(k.l1, l1, a.numel(), total);
    const auto d = a - b, left = d.abs().mul(limit > 0 ? -1 / limit : 0).exp();
    const auto distance = limit > 0 ? left.neg().add(1).mul(limit) : d.abs();
    TORCH_CHECK(near(total, distance.sum().mul(0.5)) && near(slope, d.sgn().mul(left).mul(0.5)), "l1 with limit ",
                limit, " computes something else than libtorch's operations");
    total.zero_();
  }
  launch_loss(k.patch_nll, PatchNLL{a.data_ptr<float>(), slope.data_ptr<float>(), 2000, 4000, 2000, 1, 1, 0.5f}, 6000,
              total);
  const auto logs = a.log_softmax(1);
  auto want = logs.exp().mul(0.5);
  want.select(1, 1).sub_(0.5);
  TORCH_CHECK(near(total, logs.select(1, 1).sum().mul(-0.5)) && near(slope, want),
              "patch_nll computes something else than libtorch's operations");
}

static std::optional<Kernels> kernels_of(at::Device device) {
  std::lock_guard<std::mutex> lock(mutex);
  const auto found = compiled.find(device.index());
  if (found == compiled.end()) return std::nullopt;
  return found->second;
}

bool launch_border(bool fold, const Tensor &maps, int64_t p) {
  const auto k = kernels_of(maps.device());
  if (k) launch_border(fold ? k->fold_border : k->fill_border, fold, maps, p);
  return k.has_value();
}

static Kernels must_have(at::Device device) {
  const auto k = kernels_of(device);
  TORCH_CHECK(k, "no kernels were compiled for ", device);
  return *k;
}

}  // namespace sg::rtc

extern "C" bool sg_cuda_border(bool fold, const at::Tensor &maps, int64_t p) {
  return sg::rtc::launch_border(fold, maps, p);
}

extern "C" void sg_cuda_l1(const sg::rtc::L1 &loss, int64_t n, const at::Tensor &total) {
  sg::rtc::launch_loss(sg::rtc::must_have(total.device()).l1, loss, n, total);
}

extern "C" void sg_cuda_patch_nll(const sg::rtc::PatchNLL &loss, int64_t n, const at::Tensor &total) {
  sg::rtc::launch_loss(sg::rtc::must_have(total.device()).patch_nll, loss, n, total);
}

extern "C" char *sg_cuda_device_kernels(int32_t device) {
  return sg::guard([&] {
    c10::NoGradGuard no_grad;
    const c10::cuda::CUDAGuard here(static_cast<c10::DeviceIndex>(device));
    std::lock_guard<std::mutex> lock(sg::rtc::mutex);
    if (sg::rtc::compiled.count(device)) return;
    const auto kernels = sg::rtc::compile_for(device);
    sg::rtc::try_border(kernels, device);
    sg::rtc::try_losses(kernels, device);
    sg::rtc::compiled[device] = kernels;
  });
}
