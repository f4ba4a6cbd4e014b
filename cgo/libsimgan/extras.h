// What libsimgan_cuda.so adds on a GPU. It is loaded by name, so that libsimgan.so runs where there is no CUDA.
#pragma once
#ifdef __cplusplus
extern "C" {
#endif
// Loads libsimgan_cuda.so from the folder of libsimgan.so, after sg_cuda_load. NULL or why it could not be loaded.
char *sg_cuda_extras(void);
#ifdef __cplusplus
}
#include "guard.h"

namespace sg {
// A function of libsimgan_cuda.so by its C name; throws where the library is missing or too old.
void *cuda_symbol(const char *name);
template <class F>
F *cuda_function(const char *name) {
  return reinterpret_cast<F *>(cuda_symbol(name));
}
// Calls a function of libsimgan_cuda.so that returns NULL or its error message, and does the same.
template <class... A>
char *extra(const char *name, A... arguments) {
  char *message = nullptr;
  char *missing = guard([&] { message = cuda_function<char *(A...)>(name)(arguments...); });
  return missing ? missing : message;
}
}  // namespace sg
#endif
