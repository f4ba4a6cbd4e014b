#include "driver.h"

#include <c10/util/Exception.h>
#include <dlfcn.h>

#include "guard.h"

namespace {

// Calls a function of the driver, which returns 0 or the number of an error (cuda.h).
template <class... Arguments>
void call(void *driver, const char *function, Arguments... arguments) {
  auto *f = reinterpret_cast<int (*)(Arguments...)>(dlsym(driver, function));
  TORCH_CHECK(f, "the NVIDIA driver has no ", function);
  const int error = f(arguments...);
  TORCH_CHECK(error == 0, "the NVIDIA driver's ", function, " failed with error ", error);
}

// A part of a GPU has MIG in its name.
std::string unique_name(const std::string &name, const unsigned char *bytes) {
  std::string text = name.find(" MIG ") == std::string::npos ? "GPU" : "MIG";
  for (int i = 0; i < 16; i++) {
    char digits[3];
    snprintf(digits, sizeof digits, "%02x", bytes[i]);
    if (i == 0 || i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits;
  }
  return text;
}

}  // namespace

char *sg_driver_gpu(int32_t device, char **name, char **uuid) {
  return sg::guard([&] {
    void *driver = dlopen("libcuda.so.1", RTLD_NOW);
    TORCH_CHECK(driver, dlerror());
    int handle = 0;
    char text[256] = "";
    unsigned char bytes[16] = {};
    call(driver, "cuInit", 0u);
    call(driver, "cuDeviceGet", &handle, static_cast<int>(device));
    call(driver, "cuDeviceGetName", text, static_cast<int>(sizeof text), handle);
    call(driver, "cuDeviceGetUuid_v2", bytes, handle);
    *name = strdup(text);
    *uuid = strdup(unique_name(text, bytes).c_str());
  });
}
