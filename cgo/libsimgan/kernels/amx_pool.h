// Max-pools over maps in bfloat16, 16 channels at a time.
#pragma once
#include "kernels/amx_vectors.h"

namespace sg::amx {
namespace {

// Calls f(where in x, where in y) for 16 channels of every window, with the first value's place.
template <class F>
inline void for_windows(const Pool &p, F f) {
  for (int64_t i = 0; i < p.h; i++)
    for (int64_t j = 0; j < p.w; j++)
      for (int64_t k = 0; k < p.c; k += 16)
        f((p.in + p.stride * (i * p.in_pitch + j)) * p.c + k, (p.out + i * p.out_pitch + j) * p.c + k);
}

// Calls f(where in x) for each value of a window.
template <class F>
inline void for_values(const Pool &p, int64_t first, F f) {
  for (int64_t i = 0; i < p.size; i++)
    for (int64_t j = 0; j < p.size; j++) f(first + (i * p.in_pitch + j) * p.c);
}

// NaN wins, as in libtorch.
inline void take_maxima(const Pool &p, const bits *x, bits *y) {
  for_windows(p, [&](int64_t in, int64_t out) {
    v16 most = wide(x + in);
    for_values(p, in, [&](int64_t at) {
      const v16 v = wide(x + at);
      most = v > most || v != v ? v : most;
    });
    *reinterpret_cast<half16 *>(y + out) = narrow(most);
  });
}

inline void send_to_maxima(const Pool &p, const bits *x, const bits *dy, int64_t n, Scratch &scratch, bits *dx) {
  float *sums = scratch.sums.get(n * p.c);
  std::memset(sums, 0, n * p.c * sizeof(float));
  for_windows(p, [&](int64_t in, int64_t out) {
    v16 most = wide(x + in);
    for_values(p, in, [&](int64_t at) {
      const v16 v = wide(x + at);
      most = v > most ? v : most;
    });
    v16 left = wide(dy + out);  // becomes zero once it has found its value
    for_values(p, in, [&](int64_t at) {
      const v16 share = wide(x + at) == most ? left : v16{};
      store(sums + at, load(sums + at) + share);
      left -= share;
    });
  });
  for (int64_t i = 0; i < n * p.c; i += 32) store(dx + i, load(sums + i), load(sums + i + 16));
}

}  // namespace
}  // namespace sg::amx
