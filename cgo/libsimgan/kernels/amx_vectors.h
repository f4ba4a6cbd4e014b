// Vectors of 16 channels in float32 and 32 in bfloat16, for amx_hardware.cc and amx_emulated.cc, which compile this for
// different instructions: all is in an unnamed namespace.
#pragma once
#include <cstring>

#include "kernels/amx.h"

namespace sg::amx {
namespace {

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t u16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t half16 __attribute__((vector_size(32), aligned(2), may_alias));
typedef uint16_t half32 __attribute__((vector_size(64), aligned(2), may_alias));

inline v16 load(const float *p) { return *reinterpret_cast<const v16 *>(p); }
inline void store(float *p, v16 v) { *reinterpret_cast<v16 *>(p) = v; }
inline half32 load(const bits *p) { return *reinterpret_cast<const half32 *>(p); }
inline void store(bits *p, half32 v) { *reinterpret_cast<half32 *>(p) = v; }

inline v16 widen(half16 v) { return reinterpret_cast<v16>(__builtin_convertvector(v, u16) << 16); }
inline v16 wide(const bits *p) { return widen(*reinterpret_cast<const half16 *>(p)); }

// Rounds to the nearest value, halves to even; NaN stays NaN.
inline half16 narrow(v16 v) {
  const u16 u = reinterpret_cast<u16>(v);
  const u16 rounded = (u + 0x7fff + (u >> 16 & 1)) >> 16;
  return __builtin_convertvector(v != v ? u16{} + 0x7fc0 : rounded, half16);
}

// Rounds 32 values as narrow does. Each file that includes this defines it.
inline void store(bits *p, v16 low, v16 high);

}  // namespace
}  // namespace sg::amx
