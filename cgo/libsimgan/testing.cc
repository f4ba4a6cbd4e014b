#include "testing.h"

#include "cuda_functions.h"
#include "kernels/border_kernels.h"

using at::Tensor;

char *sg_fused_calls(int64_t calls[3]) {
  return sg::guard([&] {
    const auto made = sg::reference_calls();
    std::copy(made.begin(), made.end(), calls);
  });
}

template <class T>
static void loop_border(const Tensor &maps, int64_t p, bool fold) {
  const sg::rtc::Map map{int(maps.size(2)), int(maps.size(3)), int(maps.size(1)), int(p)};
  auto *image = static_cast<sg::rtc::Eight<T> *>(maps.data_ptr());
  for (int64_t n = 0; n < maps.size(0); n++, image += map.image()) {
    for (int i = 0; i < (fold ? map.folded() : map.filled()); i++)
      fold ? sg::rtc::fold(image, map, i) : sg::rtc::fill(image, map, i);
  }
}

char *sg_border(sg_tensor t, int64_t p, sg_border_pass pass, sg_border_method method) {
  return sg::guard([&] {
    const bool fold = pass == SG_BORDER_FOLD;
    const auto &maps = sg::tensor(t);
    c10::NoGradGuard no_grad;
    TORCH_CHECK(maps.is_contiguous(at::MemoryFormat::ChannelsLast) && maps.size(1) % 8 == 0, "border: maps of ",
                maps.sizes());
    if (method == SG_BORDER_VIEWS) return fold ? sg::fold_border(maps, p) : sg::fill_border(maps, p);
    if (maps.is_cuda()) {
      static auto *const launch = SG_CUDA(sg_cuda_border);
      TORCH_CHECK(launch(fold, maps, p), "border: no kernel was compiled");
    } else if (maps.scalar_type() == at::kBFloat16) {
      loop_border<sg::rtc::BFloat16>(maps, p, fold);
    } else {
      loop_border<float>(maps, p, fold);
    }
  });
}
