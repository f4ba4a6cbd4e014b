// What libsimgan_cuda.so adds on a GPU. It is loaded by name, so that libsimgan.so runs where there is no CUDA.
#pragma once
#ifdef __cplusplus
extern "C" {
#endif
// Loads libsimgan_cuda.so from the folder of libsimgan.so, after sg_cuda_load. NULL or why it could not be loaded.
char *sg_cuda_extras(void);
#ifdef __cplusplus
}
namespace sg {
// A function of libsimgan_cuda.so by its C name; throws where the library is missing or too old.
void *cuda_symbol(const char *name);
template <class F>
F *cuda_function(const char *name) {
  return reinterpret_cast<F *>(cuda_symbol(name));
}
}  // namespace sg
#endif
