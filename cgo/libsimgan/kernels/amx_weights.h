// The gradient of filters by tiles: for each tap, the product of x, transposed, with dy, over all positions.
#pragma once
#include <algorithm>
#include <utility>

#include "kernels/amx_vectors.h"

namespace sg::amx {
namespace {

// Positions per band. What is transposed of a band stays in the cache. An odd number of tiles spreads a tile's rows
// over the cache's sets.
constexpr int64_t band = 17 * 32;

template <size_t... i>
inline half32 interleave(half32 u, half32 v, int first, std::index_sequence<i...>) {
  return first == 0 ? __builtin_shufflevector(u, v, (i % 2 * 32 + i / 2)...)
                    : __builtin_shufflevector(u, v, (i % 2 * 32 + i / 2 + 16)...);
}

// Writes positions 2j and 2j+1 of maps with c channels as pairs: (n/2, c, 2).
inline void pair(const bits *maps, int64_t n, int64_t c, bits *to) {
  const auto order = std::make_index_sequence<32>();
  for (int64_t i = 0; i < n; i += 2, maps += 2 * c, to += 2 * c) {
    for (int64_t k = 0; k < c; k += lanes) {
      const half32 u = load(maps + k), v = load(maps + c + k);
      store(to + 2 * k, interleave(u, v, 0, order));
      store(to + 2 * k + lanes, interleave(u, v, 16, order));
    }
  }
}

typedef int32_t i16 __attribute__((vector_size(64), aligned(4), may_alias));

// One of four steps that transpose 16 x 16 values: exchanges blocks of s x s.
template <int s, size_t... i>
inline void exchange(i16 *rows, std::index_sequence<i...>) {
#pragma GCC unroll 16
  for (int r = 0; r < 16; r++) {
    if (r & s) continue;
    const i16 u = rows[r], v = rows[r + s];
    rows[r] = __builtin_shufflevector(u, v, (i & s ? 16 + i - s : i)...);
    rows[r + s] = __builtin_shufflevector(u, v, (i & s ? 16 + i : i + s)...);
  }
}

// Transposes 16 x 16 pairs of values.
inline void transpose(const bits *from, int64_t from_step, bits *to, int64_t to_step) {
  const auto order = std::make_index_sequence<16>();
  i16 rows[16];
#pragma GCC unroll 16
  for (int r = 0; r < 16; r++) rows[r] = *reinterpret_cast<const i16 *>(from + r * from_step);
  exchange<1>(rows, order);
  exchange<2>(rows, order);
  exchange<4>(rows, order);
  exchange<8>(rows, order);
#pragma GCC unroll 16
  for (int r = 0; r < 16; r++) *reinterpret_cast<i16 *>(to + r * to_step) = rows[r];
}

// Writes n positions of maps with c channels to columns (c, band), and zeros up to a multiple of 32 positions.
inline void turn(const bits *maps, int64_t n, int64_t c, bits *columns, Scratch &scratch) {
  bits *pairs = scratch.pairs.get(32 * c), *rest = scratch.rest.get(32 * c);
  for (int64_t i = 0; i < n; i += 32, maps += 32 * c) {
    if (n - i < 32) {
      std::fill(rest, rest + 32 * c, 0);
      std::copy(maps, maps + (n - i) * c, rest);
    }
    pair(n - i < 32 ? rest : maps, 32, c, pairs);
    for (int64_t k = 0; k < c; k += 16) transpose(pairs + 2 * k, 2 * c, columns + k * band + i, band);
  }
}

// Adds to 32 x 32 values of a tap's gradient the products of `steps` times 32 positions. Columns point to 32 inputs,
// pairs to 32 outputs.
template <class Tiles>
inline void add_products(const bits *columns, const bits *pairs, int64_t steps, int64_t k, float *dw) {
  Tiles::template load<0>(dw, 4 * k), Tiles::template load<1>(dw + 16, 4 * k);
  Tiles::template load<2>(dw + 16 * k, 4 * k), Tiles::template load<3>(dw + 16 * k + 16, 4 * k);
  for (int64_t s = 0; s < steps; s++, columns += 32, pairs += 32 * k) {
    Tiles::template load<4>(columns, 2 * band);
    Tiles::template load<6>(pairs, 4 * k);
    Tiles::template load<7>(pairs + 32, 4 * k);
    Tiles::template load<5>(columns + 16 * band, 2 * band);
    Tiles::template multiply<0, 4, 6>(), Tiles::template multiply<1, 4, 7>();
    Tiles::template multiply<2, 5, 6>(), Tiles::template multiply<3, 5, 7>();
  }
  Tiles::template store<0>(dw, 4 * k), Tiles::template store<1>(dw + 16, 4 * k);
  Tiles::template store<2>(dw + 16 * k, 4 * k), Tiles::template store<3>(dw + 16 * k + 16, 4 * k);
}

template <class Tiles>
inline void add_weight_gradient(const std::vector<Walk::Tap> &taps, const bits *x, int64_t c, const bits *dy, int64_t k,
                                int64_t n, Scratch &scratch, float *dw) {
  int64_t reach = 0;
  bool has_odd = false;
  for (const auto &tap : taps) {
    reach = std::max(reach, std::abs(tap.offset));
    has_odd |= tap.offset % 2 != 0;
  }
  reach += reach % 2;
  bits *columns = scratch.columns.get(c * band), *even = scratch.even.get((band + 2 * reach) * k),
       *odd = scratch.odd.get((band + 2 * reach + 2) * k);
  for (int64_t q = 0; q < n; q += band) {
    const int64_t steps = (std::min(band, n - q) + 31) / 32;
    turn(x + q * c, std::min(band, n - q), c, columns, scratch);
    // A pair begins at an even or an odd distance from q, for taps with an even or an odd offset.
    pair(dy + (q - reach) * k, 32 * steps + 2 * reach, k, even);
    if (has_odd) pair(dy + (q - reach - 1) * k, 32 * steps + 2 * reach + 2, k, odd);
    for (int64_t j = 0; j < k; j += 32) {
      for (int64_t i = 0; i < c; i += 32) {
        for (const auto &tap : taps) {
          const int64_t first = reach - tap.offset;
          const bits *pairs = first % 2 == 0 ? even + first * k : odd + (first + 1) * k;
          add_products<Tiles>(columns + i * band, pairs + 2 * j, steps, k, dw + (tap.index * c + i) * k + j);
        }
      }
    }
  }
}

}  // namespace
}  // namespace sg::amx
