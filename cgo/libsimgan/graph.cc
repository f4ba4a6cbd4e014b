#include "graph.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/AutogradState.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <map>

#include "cuda_functions.h"

using sg::guard;

char *sg_side_stream(int32_t device) {
  return guard([&] {
    // One per device: the next trainer can use what the last one left in the allocator.
    static std::map<int, c10::Stream> streams;
    auto target = sg::device(device);
    c10::impl::VirtualGuardImpl impl(target.type());
    auto found = streams.find(device);
    if (found == streams.end()) found = streams.emplace(device, impl.getStreamFromGlobalPool(target)).first;
    impl.setDevice(target);
    at::detail::getCUDAHooks().deviceSynchronize(target.index());  // waits for work on other streams
    impl.exchangeStream(found->second);
    c10::AutogradState::get_tls_state().set_multithreading_enabled(false);
    // Shapes stay: the fastest algorithm for each is found once, while steps are eager.
    at::globalContext().setBenchmarkCuDNN(true);
  });
}

char *sg_graph_begin(int32_t device, sg_generator g, sg_graph shares, sg_graph *out) {
  return SG_CALL_CUDA(sg_cuda_graph_begin, device, g, shares, out);
}

char *sg_graph_end(sg_graph graph) { return SG_CALL_CUDA(sg_cuda_graph_end, graph); }

char *sg_graph_abandon(sg_graph graph) { return SG_CALL_CUDA(sg_cuda_graph_abandon, graph); }

char *sg_graph_launch(sg_graph graph) { return SG_CALL_CUDA(sg_cuda_graph_launch, graph); }

char *sg_graph_free(sg_graph graph) { return SG_CALL_CUDA(sg_cuda_graph_free, graph); }
