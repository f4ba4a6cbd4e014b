#include "stage.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <map>

#include "guard.h"

using sg::give;
using sg::guard;
using sg::tensor;

char *sg_host_bytes(int64_t n, int32_t device, sg_tensor *t, void **bytes) {
  return guard([&] {
    auto host = at::empty({n}, at::TensorOptions().dtype(at::kByte).pinned_memory(device >= 0));
    *bytes = host.data_ptr();
    *t = give(host);
  });
}

// The stream for copies to a device. It is kept because each call for a stream of the pool returns the next one.
static c10::Stream copy_stream(at::Device device) {
  static std::map<int, c10::Stream> streams;
  auto found = streams.find(device.index());
  if (found == streams.end()) {
    found = streams.emplace(device.index(), c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device))
                .first;
  }
  return found->second;
}

char *sg_stage(const void *bytes, int64_t n, int32_t device, sg_tensor *out, sg_event *event) {
  return guard([&] {
    auto host = at::from_blob(const_cast<void *>(bytes), {n}, at::TensorOptions().dtype(at::kByte));
    auto target = sg::device(device);
    *event = nullptr;
    if (device < 0) {
      *out = give(host.clone());
      return;
    }
    auto compute = c10::impl::VirtualGuardImpl(target.type()).getStream(target);
    auto copies = copy_stream(target);
    at::Tensor copy;
    auto done = std::make_unique<c10::Event>(target.type());
    {
      c10::StreamGuard on(copies);
      copy = host.to(target, at::kByte, /*non_blocking=*/true, /*copy=*/true);
      done->record(copies);
    }
    done->block(compute);
    copy.record_stream(compute);  // its memory is not reused before compute is done
    *out = give(copy);
    *event = done.release();
  });
}

char *sg_send(sg_tensor t, const void *bytes, int64_t n, sg_event *event) {
  return guard([&] {
    auto &to = tensor(t);
    TORCH_CHECK(to.numel() == n && to.scalar_type() == at::kByte, n, " bytes were sent to a tensor of ", to.sizes());
    *event = nullptr;
    to.copy_(at::from_blob(const_cast<void *>(bytes), {n}, at::TensorOptions().dtype(at::kByte)),
             /*non_blocking=*/true);
    if (!to.is_cuda()) return;
    auto done = std::make_unique<c10::Event>(to.device().type());
    done->record(c10::impl::VirtualGuardImpl(to.device().type()).getStream(to.device()));
    *event = done.release();
  });
}

char *sg_event_wait(sg_event event) {
  return guard([&] {
    std::unique_ptr<c10::Event> e(static_cast<c10::Event *>(event));
    if (e) e->synchronize();
  });
}

// Writes v * scale - 1 for n levels v: libtorch's three operations in one pass over memory, rounded as they round.
__attribute__((target_clones("avx2", "default"))) static void to_pixels(const uint8_t *v, int64_t n, float scale,
                                                                        float *to) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) to[i] = v[i] * scale - 1;
}

__attribute__((target_clones("avx2", "default"))) static void to_pixels(const uint16_t *v, int64_t n, float scale,
                                                                        float *to) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) to[i] = v[i] * scale - 1;
}

template <class T>
static at::Tensor pixels_on_cpu(const at::Tensor &levels, float scale) {
  const int64_t n = levels.numel() * levels.element_size() / sizeof(T);
  auto out = at::empty({n}, at::kFloat);
  const auto *from = reinterpret_cast<const T *>(levels.const_data_ptr<uint8_t>());
  float *to = out.data_ptr<float>();
  const int64_t part = 1 << 15;  // the least per thread, as for libtorch's operations
  at::parallel_for(0, n, part,
                   [&](int64_t begin, int64_t end) { to_pixels(from + begin, end - begin, scale, to + begin); });
  return out;
}

char *sg_levels(sg_tensor levels, int64_t bits, float scale, const int64_t *shape, int64_t dims, sg_tensor *out) {
  return guard([&] {
    auto x = tensor(levels);
    if (x.is_cpu()) {
      x = x.contiguous();
      x = bits == 16 ? pixels_on_cpu<uint16_t>(x, scale) : pixels_on_cpu<uint8_t>(x, scale);
    } else {
      // int16 instead of uint16: every device has all operations for it.
      if (bits == 16) x = x.contiguous().view(at::kShort).to(at::kInt).bitwise_and(0xffff);
      x = x.to(at::kFloat).mul_(scale).sub_(1);
    }
    *out = give(x.view({shape, static_cast<size_t>(dims)}));
  });
}

char *sg_memory_free(int32_t device, int64_t *bytes) {
  return guard([&] { *bytes = c10::getDeviceAllocator(c10::kCUDA)->getMemoryInfo(device).first; });
}
