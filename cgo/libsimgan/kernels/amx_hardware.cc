#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/amx.h"
#include "kernels/processor.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma")

#include "kernels/amx_templates.h"

namespace sg::amx {
namespace {

inline void store(bits *p, v16 low, v16 high) {
  store(p,
        reinterpret_cast<half32>(_mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(low))));
}

// The tile registers. The assembler knows the instructions; a number of a register must be a constant.
struct TileRegisters {
  static void begin() {
    struct alignas(64) {
      uint8_t palette = 1, start = 0, none[14] = {};
      uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } shape;
    asm volatile("ldtilecfg %0" ::"m"(shape) : "memory");
  }
  static void end() { asm volatile("tilerelease" ::: "memory"); }

  template <int t>
  static inline void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(t));
  }
  // Loads 16 rows of 64 bytes that lie `step` bytes apart.
  template <int t>
  static inline void load(const void *from, int64_t step) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(step), "i"(t) : "memory");
  }
  template <int t>
  static inline void store(void *to, int64_t step = 64) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(step), "i"(t) : "memory");
  }
  // Adds to the 16 x 16 sums of tile c the products of a's 16 rows of 32 values with b's 16 columns.
  template <int c, int a, int b>
  static inline void multiply() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(c), "i"(a), "i"(b));
  }
};

// Asks Linux to let this process use the tile registers: ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA.
bool permitted() { return syscall(SYS_arch_prctl, 0x1023, 18) == 0; }

bool has_instructions() {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & 1 << 22) || !(d & 1 << 24)) return false;  // AMX-BF16, AMX-TILE
  return has_avx512_bf16();
}

}  // namespace

const Kernels &hardware() {
  static const KernelsOver<TileRegisters> kernels;
  return kernels;
}

}  // namespace sg::amx

#pragma GCC pop_options

bool sg::amx::available() {
  static const bool yes = has_instructions() && permitted();
  return yes;
}
