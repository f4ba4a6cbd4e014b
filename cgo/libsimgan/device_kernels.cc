#include "device_kernels.h"

#include <atomic>

#include "kernels/border.h"
#include "kernels/border_kernels.h"
#include "extras.h"
#include "guard.h"

using at::Tensor;

static std::atomic<uint64_t> devices;  // bit n: GPU n has our kernels

char *sg_own_kernels(int32_t device) {
  char *message = sg::extra("sg_cuda_own_kernels", device);
  if (!message) devices |= uint64_t{1} << device;
  return message;
}

bool sg::has_own_kernels(int device) { return devices >> device & 1; }

template <class T>
static void loop_border(const Tensor &maps, int64_t p, bool fold) {
  const sg::own::Map map{int(maps.size(2)), int(maps.size(3)), int(maps.size(1)), int(p)};
  auto *image = static_cast<sg::own::Eight<T> *>(maps.data_ptr());
  for (int64_t n = 0; n < maps.size(0); n++, image += map.image()) {
    for (int i = 0; i < (fold ? map.folded() : map.filled()); i++) fold ? sg::own::fold(image, map, i) : sg::own::fill(image, map, i);
  }
}

char *sg_border(sg_tensor t, int64_t p, int fold, int own) {
  return sg::guard([&] {
    const auto &maps = sg::tensor(t);
    c10::NoGradGuard no_grad;
    TORCH_CHECK(maps.is_contiguous(at::MemoryFormat::ChannelsLast) && maps.size(1) % 8 == 0, "border: maps of ", maps.sizes());
    if (!own) return fold ? sg::fold_border(maps, p) : sg::fill_border(maps, p);
    if (maps.is_cuda()) {
      static auto *const launch = sg::cuda_function<bool(bool, const Tensor &, int64_t)>("sg_cuda_border");
      TORCH_CHECK(launch(fold, maps, p), "border: no kernel was compiled");
    } else if (maps.scalar_type() == at::kBFloat16) {
      loop_border<sg::own::BFloat16>(maps, p, fold);
    } else {
      loop_border<float>(maps, p, fold);
    }
  });
}
