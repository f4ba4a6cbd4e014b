// compile ARCHITECTURE...: compiles the device kernels as a run does, for GPUs that need not be there. Prints the name
// of each architecture and the bytes of its code. If NVRTC fails, prints its message and returns 1.
#include "compile.h"

#include <cstdio>

int main(int n, char **architectures) {
  int status = 0;
  for (int i = 1; i < n; i++) {
    try {
      printf("%s %zu\n", architectures[i], sg::rtc::compile(sg::rtc::source, architectures[i]).size());
    } catch (const std::exception &e) {
      fprintf(stderr, "%s\n", e.what());
      status = 1;
    }
  }
  return status;
}
