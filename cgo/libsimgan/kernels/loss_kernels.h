// Losses with their gradients as kernels: one launch per loss. Each term is a plain function of its index. NVRTC
// compiles this file as it does border_kernels.h. On the CPU tests compare it with libtorch's operations and their
// derivatives.
#pragma once
#ifndef __CUDACC_RTC__
#include <cmath>
#endif

namespace sg::rtc {

// The i-th term, factor |a[i] - b[i]|, and its slope at a[i], which is 0 if a[i] = b[i]. If limit > 0, a distance of d
// counts limit (1 - exp(-d / limit)): d if it is small, and at most limit.
struct L1 {
  const float *a, *b;
  float *slope;
  float factor, limit;

  inline float operator()(long long i) const {
    const float d = a[i] - b[i], left = limit > 0 ? expf(-fabsf(d) / limit) : 1;
    slope[i] = factor * left * static_cast<float>((d > 0) - (d < 0));
    return factor * (limit > 0 ? limit * (1 - left) : fabsf(d));
  }
};

// The i-th term, factor * -log softmax(logits)[cls] of the i-th patch, and its slopes at both logits. logits: (n, 2, h,
// w) with h * w = area. image, logit and patch are the strides of logits' and slope's dimensions; rows follow each
// other without gaps.
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
// Adds n terms to *total. Each thread sums its terms, then each warp, then each block; blocks add in no fixed order.
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
