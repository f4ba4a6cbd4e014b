#include "tensor.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "guard.h"

using sg::guard;
using sg::tensor;

void sg_string_free(char *message) { free(message); }

void sg_tensor_free(sg_tensor t) { delete static_cast<at::Tensor *>(t); }

char *sg_tensor_from(const void *data, sg_type type, const int64_t *shape, int64_t dims, int32_t device,
                     sg_tensor *out) {
  return guard([&] {
    auto host = at::from_blob(const_cast<void *>(data), {shape, static_cast<size_t>(dims)},
                              at::TensorOptions().dtype(static_cast<at::ScalarType>(type)));
    *out = sg::give(host.to(sg::device(device), host.scalar_type(), /*non_blocking=*/false, /*copy=*/true));
  });
}

char *sg_tensor_zeros(sg_type type, const int64_t *shape, int64_t dims, int32_t device, sg_tensor *out) {
  return guard([&] {
    auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(type)).device(sg::device(device));
    *out = sg::give(at::zeros({shape, static_cast<size_t>(dims)}, options));
  });
}

char *sg_tensor_empty(sg_type type, const int64_t *shape, int64_t dims, int32_t device, sg_tensor *out) {
  return guard([&] {
    auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(type)).device(sg::device(device));
    *out = sg::give(at::empty({shape, static_cast<size_t>(dims)}, options));
  });
}

char *sg_tensor_zeros_like(sg_tensor t, sg_tensor *out) {
  return guard([&] { *out = sg::give(at::zeros_like(tensor(t).detach())); });
}

char *sg_tensor_to(sg_tensor t, int32_t device, sg_type type, int channels_last, sg_tensor *out) {
  return guard([&] {
    auto moved = tensor(t).to(sg::device(device), static_cast<at::ScalarType>(type));
    *out = sg::give(channels_last ? moved.contiguous(at::MemoryFormat::ChannelsLast) : moved);
  });
}

char *sg_tensor_copy(sg_tensor dst, sg_tensor src) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    TORCH_CHECK(tensor(dst).sizes() == tensor(src).sizes(), "shapes differ");
    tensor(dst).copy_(tensor(src));
  });
}

char *sg_tensor_add(sg_tensor dst, sg_tensor src) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    tensor(dst).add_(tensor(src));
  });
}

char *sg_tensor_clear(sg_tensor dst) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    tensor(dst).zero_();
  });
}

char *sg_tensor_as(sg_tensor t, sg_type type, sg_tensor *out) {
  return guard([&] { *out = sg::give(tensor(t).view(static_cast<at::ScalarType>(type))); });
}

char *sg_tensor_set_data(sg_tensor t, sg_tensor src) {
  return guard([&] { tensor(t).set_data(tensor(src)); });
}

char *sg_tensor_read(sg_tensor t, float *dst, int64_t n) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    auto host = tensor(t).detach().to(at::kCPU, at::kFloat).contiguous();
    TORCH_CHECK(host.numel() == n, "the tensor holds ", host.numel(), " values, not ", n);
    memcpy(dst, host.data_ptr<float>(), n * sizeof(float));
  });
}

char *sg_tensor_info(sg_tensor t, int64_t *dims, int64_t shape[8], sg_type *type, int32_t *device) {
  return guard([&] {
    const auto &a = tensor(t);
    TORCH_CHECK(a.defined(), "undefined tensor");
    *dims = a.dim();
    for (int64_t i = 0; i < a.dim() && i < 8; i++) shape[i] = a.size(i);
    *type = static_cast<sg_type>(a.scalar_type());
    *device = a.is_cuda() ? a.get_device() : -1;
  });
}
