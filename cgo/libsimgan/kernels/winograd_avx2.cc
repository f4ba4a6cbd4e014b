#include <algorithm>
#include <vector>

#include "kernels/winograd_steps.h"

namespace sg::winograd {
namespace {
constexpr int lanes = 8;
}
}  // namespace sg::winograd

#pragma GCC push_options
#pragma GCC target("avx2,fma")

#include "kernels/winograd_templates.h"

const sg::winograd::Steps &sg::winograd::avx2_steps() {
  static const StepsHere steps;
  return steps;
}

#pragma GCC pop_options
