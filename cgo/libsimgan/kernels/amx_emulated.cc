// Vectors of 64 bytes are passed only between functions of this file, whatever the ABI says of them.
#pragma GCC diagnostic ignored "-Wpsabi"
#include "kernels/amx_templates.h"

namespace sg::amx {
namespace {

inline void store(bits *p, v16 low, v16 high) {
  *reinterpret_cast<half16 *>(p) = narrow(low);
  *reinterpret_cast<half16 *>(p + 16) = narrow(high);
}

struct EmulatedTiles {
  static constexpr int64_t rows = 16, bytes = 64;

  static void begin() {}
  static void end() {}
  template <int t>
  static void zero() {
    std::memset(tile(t), 0, rows * bytes);
  }
  template <int t>
  static void load(const void *from, int64_t step) {
    for (int64_t r = 0; r < rows; r++)
      std::memcpy(tile(t) + r * bytes, static_cast<const char *>(from) + r * step, bytes);
  }
  template <int t>
  static void store(void *to, int64_t step = 64) {
    for (int64_t r = 0; r < rows; r++) std::memcpy(static_cast<char *>(to) + r * step, tile(t) + r * bytes, bytes);
  }
  template <int c, int a, int b>
  static void multiply() {
    const bits *left = reinterpret_cast<const bits *>(tile(a)), *right = reinterpret_cast<const bits *>(tile(b));
    float *sums = reinterpret_cast<float *>(tile(c));
    for (int r = 0; r < 16; r++)
      for (int pair = 0; pair < 16; pair++)
        for (int k = 0; k < 16; k++)
          sums[16 * r + k] += value(left[32 * r + 2 * pair]) * value(right[32 * pair + 2 * k]) +
                              value(left[32 * r + 2 * pair + 1]) * value(right[32 * pair + 2 * k + 1]);
  }

 private:
  static char *tile(int t) {
    alignas(64) static thread_local char tiles[8][rows * bytes];
    return tiles[t];
  }
  static float value(bits b) {
    const uint32_t u = static_cast<uint32_t>(b) << 16;
    float v;
    std::memcpy(&v, &u, sizeof v);
    return v;
  }
};

}  // namespace

const Kernels &emulated() {
  static const KernelsOver<EmulatedTiles> kernels;
  return kernels;
}

}  // namespace sg::amx
