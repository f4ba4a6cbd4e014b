#include "kernels/processor.h"

#include <ATen/Version.h>

bool sg::has_avx2() {
  static const bool yes =
      at::get_cpu_capability() != "DEFAULT" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return yes;
}

bool sg::has_avx512() {
  static const bool yes = at::get_cpu_capability() == "AVX512" && __builtin_cpu_supports("avx512f") &&
                          __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq");
  return yes;
}

bool sg::has_avx512_bf16() { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }
