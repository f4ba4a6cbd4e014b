// Losses with their gradients, a term at a time: plain functions of an index, in one launch a loss. NVRTC compiles this
// file as it does border_kernels.h; on the CPU tests hold it against libtorch's operations and their derivatives.
#pragma once
#ifndef __CUDACC_RTC__
#include <cmath>
#endif

namespace sg::rtc {

// factor |a[i] - b[i]|, and its slope by a[i], which at 0 is 0.
struct L1 {
  const float *a, *b;
  float *slope;
  float factor;

  inline float operator()(long long i) const {
    const float d = a[i] - b[i];
    slope[i] = factor * static_cast<float>((d > 0) - (d < 0));
    return factor * fabsf(d);
  }
};

// factor * -log softmax(logits)[cls] of the i-th patch of logits (n, 2, h, w) with h * w = area, whose images, classes
// and patches are so many values apart; the slopes by both logits lie as these do.
struct PatchNLL {
  const float *logits;
  float *slope;
  long long area, image, logit, patch;
  int cls;
  float factor;

  inline float operator()(long long i) const {
    const long long at = i / area * image + i % area * patch, its = at + cls * logit, other = at + (1 - cls) * logit;
    const float z = logits[other] - logits[its], e = expf(-fabsf(z));
    slope[other] = factor * ((z > 0 ? 1 : e) / (1 + e));
    slope[its] = -slope[other];
    return factor * ((z > 0 ? z : 0) + log1pf(e));
  }
};

}  // namespace sg::rtc

#ifdef __CUDACC_RTC__
// Adds n terms to *total: a sum a thread, a warp, a block, then in no fixed order.
template <class Loss>
inline void add_terms(const Loss &loss, long long n, float *total) {
  __shared__ float warps[32];
  float sum = 0;
  for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < n;
       i += static_cast<long long>(gridDim.x) * blockDim.x)
    sum += loss(i);
  for (int apart = 16; apart > 0; apart /= 2) sum += __shfl_down_sync(0xffffffff, sum, apart);
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x > 0) return;
  for (int i = 1; i < blockDim.x / 32; i++) sum += warps[i];
  atomicAdd(total, sum);
}

extern "C" __global__ void l1(sg::rtc::L1 loss, long long n, float *total) { add_terms(loss, n, total); }

extern "C" __global__ void patch_nll(sg::rtc::PatchNLL loss, long long n, float *total) { add_terms(loss, n, total); }
#endif
