// Maps in memory: where images, borders and pixels lie.
#pragma once
#include <cstdint>

#include "kernels/border_kernels.h"

namespace sg::amx {

using bits = uint16_t;  // of a bfloat16

inline bits to_bits(float x) {
  rtc::BFloat16 b;
  rtc::put(b, x);
  return b.bits;
}
inline float to_float(bits b) { return rtc::value(rtc::BFloat16{b}); }

constexpr int64_t lanes = 32;  // channels come in multiples of this

// The maps between two layers: per image c channels of h x w pixels inside a border of p pixels, channels innermost. A
// position is a pixel of this buffer, row by row. Images lie `step` positions apart, the first after `lead` positions:
// tiles and filters read that far beyond an image.
struct Map {
  int64_t c, h, w, p, lead, step;

  Map() = default;
  // stride is the greatest with which the map is read.
  Map(int64_t c, int64_t h, int64_t w, int64_t p, int64_t stride)
      : c((c + lanes - 1) / lanes * lanes), h(h), w(w), p(p) {
    lead = p * pitch() + p + 2;
    step = positions() + lead + 32 * stride;
  }

  int64_t pitch() const { return w + 2 * p; }
  int64_t positions() const { return (h + 2 * p) * pitch(); }
  int64_t inside() const { return p * pitch() + p; }                // the first position inside the border
  int64_t image(int64_t i) const { return (lead + i * step) * c; }  // the first value of image i
  int64_t values(int64_t n) const { return image(n) + lead * c; }   // of n images, with the room around them
};

}  // namespace sg::amx
