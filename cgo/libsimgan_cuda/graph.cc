// CUDA graphs, by libtorch's class CUDAGraph. graph.h documents the functions.
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <ATen/cuda/CUDAGraph.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <cuda_runtime_api.h>

#include "cuda_functions.h"

namespace sg::recording {

// A recording, and what is needed to undo it.
struct Graph {
  at::cuda::CUDAGraph recorded;
  c10::DeviceIndex device;
  at::Generator *generator;
  at::Tensor before, usual;  // the state of the generator, and of the device's default one, when the recording began
  at::cuda::MempoolId_t pool;
  c10::cuda::CUDAStream stream;  // the recorded stream
};

template <class F>
static bool succeeds(F &&f) {
  try {
    f();
    return true;
  } catch (...) {
    return false;
  }
}

// Undoes a recording that failed at any point. CUDAGraph itself cleans up only recordings that succeeded.
static void undo(Graph *g) {
  std::unique_ptr<Graph> freed(g);
  cudaStreamCaptureStatus status;
  if (cudaStreamIsCapturing(g->stream, &status) != cudaSuccess || status != cudaStreamCaptureStatusNone) {
    cudaGraph_t broken = nullptr;
    cudaStreamEndCapture(g->stream, &broken);
    if (broken) cudaGraphDestroy(broken);
  }
  cudaGetLastError();  // clears the error
  // If the memory pool was being filled, this graph holds a share of it, which ~CUDAGraph returns only after success.
  auto *host = at::getHostAllocator(at::kCUDA);
  if (succeeds([&] { c10::cuda::CUDACachingAllocator::endAllocateToPool(g->device, g->pool); })) {
    succeeds([&] { c10::cuda::CUDACachingAllocator::releasePool(g->device, g->pool); });
  }
  if (succeeds([&] { host->end_allocate_to_pool(g->pool); })) succeeds([&] { host->release_pool(g->pool); });
  // The generators are still in recording mode. capture_begin puts the device's default one into it too.
  auto fresh = at::detail::getCUDAHooks().getNewGenerator(g->device);
  fresh.set_state(g->before);
  *g->generator = fresh;
  succeeds([&] {
    auto usual = at::cuda::detail::getDefaultCUDAGenerator(g->device);
    auto eager = at::detail::getCUDAHooks().getNewGenerator(g->device);
    eager.set_state(g->usual);
    usual.graphsafe_set_state(eager);
  });
}

}  // namespace sg::recording

extern "C" {

char *sg_cuda_graph_begin(int32_t device, sg_generator generator, sg_graph shares, sg_graph *out) {
  return sg::guard([&] {
    auto index = static_cast<c10::DeviceIndex>(device);
    auto *noise = static_cast<at::Generator *>(generator);
    auto pool = shares ? static_cast<sg::recording::Graph *>(shares)->pool : at::cuda::graph_pool_handle();
    const auto usual = at::cuda::detail::getDefaultCUDAGenerator(index).get_state();
    std::unique_ptr<sg::recording::Graph> g(new sg::recording::Graph{
        {}, index, noise, noise->get_state(), usual, pool, c10::cuda::getCurrentCUDAStream(index)});
    g->recorded.register_generator_state(*g->generator);
    c10::cuda::device_synchronize();
    c10::cuda::CUDACachingAllocator::emptyCache();  // the graph cannot use memory that eager steps kept
    try {
      // Calls of other threads, which may be copying, are allowed.
      g->recorded.capture_begin(g->pool, cudaStreamCaptureModeThreadLocal);
    } catch (...) {
      sg::recording::undo(g.release());
      throw;
    }
    *out = g.release();
  });
}

char *sg_cuda_graph_end(sg_graph graph) {
  return sg::guard([&] {
    auto *g = static_cast<sg::recording::Graph *>(graph);
    try {
      g->recorded.capture_end();
    } catch (...) {
      sg::recording::undo(g);
      throw;
    }
  });
}

char *sg_cuda_graph_abandon(sg_graph graph) {
  return sg::guard([&] { sg::recording::undo(static_cast<sg::recording::Graph *>(graph)); });
}

char *sg_cuda_graph_launch(sg_graph graph) {
  return sg::guard([&] { static_cast<sg::recording::Graph *>(graph)->recorded.replay(); });
}

char *sg_cuda_graph_free(sg_graph graph) {
  return sg::guard([&] {
    std::unique_ptr<sg::recording::Graph> g(static_cast<sg::recording::Graph *>(graph));
    c10::cuda::device_synchronize();
  });
}

}  // extern "C"
