// Compiles CUDA source on the machine that runs it, by the NVRTC that comes with libtorch. This file includes no torch:
// compile.cc compiles the kernels without a GPU, device_kernels.cc runs them on one.
#pragma once
#include <dlfcn.h>
#include <nvrtc.h>

#include <stdexcept>
#include <string>

namespace sg::rtc {

// The source of all device kernels; the Makefile writes the file.
inline const char *const source =
#include "kernel_source.inc"
    ;

namespace compiler {

struct Library {
  void *handle;
  std::string why;  // why it could not be loaded
};

// Loads NVRTC and its library of built-in functions. NVRTC, when it compiles, opens the latter by name: it is not in
// the loader's path, but it is found once it is loaded. cuDNN, which has some of its kernels compiled, finds both too.
inline const Library &library() {
  static const Library loaded = [] {
    void *nvrtc = dlopen("libnvrtc.so.13", RTLD_NOW), *version = nvrtc ? dlsym(nvrtc, "nvrtcVersion") : nullptr;
    if (!version) return Library{nullptr, dlerror()};
    int major = 0, minor = 0;
    reinterpret_cast<decltype(&nvrtcVersion)>(version)(&major, &minor);
    Dl_info here;
    if (dladdr(version, &here)) {
      const std::string path(here.dli_fname);
      const auto builtins = path.substr(0, path.rfind('/') + 1) + "libnvrtc-builtins.so." + std::to_string(major) +
                            "." + std::to_string(minor);
      dlopen(builtins.c_str(), RTLD_NOW);  // NVRTC reports if it is missing
    }
    return Library{nvrtc, ""};
  }();
  return loaded;
}

inline void *function(const char *name) {
  if (!library().handle) throw std::runtime_error("NVRTC: " + library().why);
  void *f = dlsym(library().handle, name);
  if (!f) throw std::runtime_error(std::string("NVRTC has no ") + name);
  return f;
}

// A function of NVRTC with its type from nvrtc.h.
#define SG_NVRTC(name) reinterpret_cast<decltype(&name)>(sg::rtc::compiler::function(#name))

inline void good(nvrtcResult r) {
  if (r != NVRTC_SUCCESS) throw std::runtime_error(std::string("NVRTC: ") + SG_NVRTC(nvrtcGetErrorString)(r));
}

struct Program {
  nvrtcProgram p = nullptr;
  explicit Program(const char *source) {
    good(SG_NVRTC(nvrtcCreateProgram)(&p, source, "simgan.cu", 0, nullptr, nullptr));
  }
  ~Program() { SG_NVRTC(nvrtcDestroyProgram)(&p); }

  std::string log() const {
    size_t size = 0;
    good(SG_NVRTC(nvrtcGetProgramLogSize)(p, &size));
    std::string text(size, '\0');
    good(SG_NVRTC(nvrtcGetProgramLog)(p, text.data()));
    return text.c_str();
  }
};

}  // namespace compiler

// Compiles the source for an architecture such as "sm_90"; returns the code that a GPU loads. Functions without a mark
// are device functions.
inline std::string compile(const char *source, const std::string &architecture) {
  const compiler::Program program(source);
  const std::string arch = "--gpu-architecture=" + architecture;
  const char *const options[] = {arch.c_str(), "--std=c++17", "--device-as-default-execution-space"};
  if (SG_NVRTC(nvrtcCompileProgram)(program.p, 3, options) != NVRTC_SUCCESS)
    throw std::runtime_error("NVRTC for " + architecture + ": " + program.log());
  size_t size = 0;
  compiler::good(SG_NVRTC(nvrtcGetCUBINSize)(program.p, &size));
  std::string code(size, '\0');
  compiler::good(SG_NVRTC(nvrtcGetCUBIN)(program.p, code.data()));
  return code;
}

}  // namespace sg::rtc
