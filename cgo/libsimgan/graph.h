// Steps that are recorded once as a CUDA graph and then launched as a whole; libsimgan_cuda.so does the work. The rules
// of tensor.h apply.
#pragma once
#include "runtime.h"
#ifdef __cplusplus
extern "C" {
#endif
// A recording, or a recorded graph.
typedef void *sg_graph;

// Sends the calling thread's work to the device (>= 0) from now on, on a stream other than the default one, on which
// nothing can be recorded. Backward passes run in this thread: a recording would lack what autograd's own threads clean
// up, and the algorithms that cuDNN has chosen in them. From now on cuDNN chooses algorithms by timing them.
char *sg_side_stream(int32_t device);
// Records what the calling thread asks of the device, instead of doing it, until sg_graph_end or sg_graph_abandon. *out
// is the recording; one of these two must be called with it. g: the generator on the device; each launch draws its
// numbers again. shares: a graph whose memory pool is used, or NULL for a new pool. Nothing that was made while
// recording may be used after it. Gradients must have been dropped before. After an error nothing is being recorded.
char *sg_graph_begin(int32_t device, sg_generator g, sg_graph shares, sg_graph *out);
// Ends the recording; the caller frees the graph with sg_graph_free. After an error the graph is freed, g has its state
// from before the recording, and the device is ready for other work; but graphs that were recorded before with g must
// not be launched again.
char *sg_graph_end(sg_graph graph);
// Ends a recording whose work failed, and frees it; as sg_graph_end does after an error.
char *sg_graph_abandon(sg_graph graph);
// Launches the graph; does not wait for it.
char *sg_graph_launch(sg_graph graph);
// Waits for the device and frees the graph.
char *sg_graph_free(sg_graph graph);
#ifdef __cplusplus
}
#endif
