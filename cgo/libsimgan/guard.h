// Every C function of this library goes through guard: no C++ exception crosses into Go.
#pragma once
#include <ATen/core/Tensor.h>

#include <c10/core/GradMode.h>

#include <cstring>
#include <exception>

namespace sg {

inline at::Tensor &tensor(void *t) { return *static_cast<at::Tensor *>(t); }

inline void *give(at::Tensor t) { return new at::Tensor(std::move(t)); }

inline std::vector<at::Tensor> list(void *const *tensors, int64_t n) {
  std::vector<at::Tensor> out;
  out.reserve(n);
  for (int64_t i = 0; i < n; i++) out.push_back(tensor(tensors[i]));
  return out;
}

// The device of a number: -1 is the CPU, n >= 0 is cuda:n.
inline at::Device device(int32_t d) {
  return d < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<at::DeviceIndex>(d));
}

// Runs f. Returns NULL, or f's error message, which the caller frees with sg_string_free.
template <class F>
char *guard(F &&f) {
  try {
    f();
    return nullptr;
  } catch (const c10::Error &e) {
    return strdup(e.what_without_backtrace());
  } catch (const std::exception &e) {
    return strdup(e.what());
  } catch (...) {
    return strdup("unknown C++ exception");
  }
}

}  // namespace sg
