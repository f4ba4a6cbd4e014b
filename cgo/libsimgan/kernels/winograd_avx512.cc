#include <algorithm>
#include <vector>

#include "kernels/winograd_steps.h"

namespace sg::winograd {
namespace {
constexpr int lanes = 16;
}
}  // namespace sg::winograd

#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512bw,avx512dq,fma")

#include "kernels/winograd_templates.h"

const sg::winograd::Steps &sg::winograd::avx512_steps() {
  static const StepsHere steps;
  return steps;
}

#pragma GCC pop_options
