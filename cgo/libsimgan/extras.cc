#include "extras.h"

#include <dlfcn.h>

#include "cuda_functions.h"

static void *library() {
  static void *const loaded = [] {
    Dl_info here;
    TORCH_CHECK(dladdr(reinterpret_cast<void *>(&sg_cuda_extras), &here), "libsimgan.so was not found in memory");
    std::string path(here.dli_fname);
    path = path.substr(0, path.rfind('/') + 1) + "libsimgan_cuda.so";
    void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    TORCH_CHECK(handle, dlerror(), " (CUDA=1 make build builds it)");
    return handle;
  }();
  return loaded;
}

void *sg::cuda_symbol(const char *name) {
  void *symbol = dlsym(library(), name);
  TORCH_CHECK(symbol, "libsimgan_cuda.so lacks ", name, ": build both again: make setup");
  return symbol;
}

char *sg_cuda_extras(void) {
  return sg::guard([] { library(); });
}
