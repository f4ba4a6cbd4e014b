// Steps recorded once as a CUDA graph and then launched whole; libsimgan_cuda.so does the work.
// Every function returns NULL or its error message, to be freed with sg_string_free.
#pragma once
#include "runtime.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef void *sg_graph;

// From now on the calling thread's work goes to the device (>= 0), on a stream that is not its default one: on that nothing
// can be recorded. Its backward passes stay in this thread: what autograd's own threads clean up, and the algorithms that cuDNN
// has chosen in them, would be missing from a recording. cuDNN chooses by timing from then on.
char *sg_side_stream(int32_t device);
// What the calling thread asks of the device from now on is recorded, not done, until sg_graph_end or sg_graph_abandon. What
// g draws is drawn anew at each launch. Memory comes from a pool of its own, or that of the graph `shares`, if any: nothing
// made while recording may be used after it. Gradients must have been dropped. After an error nothing is being recorded.
char *sg_graph_begin(int32_t device, sg_generator g, sg_graph shares, sg_graph *out);
// Ends the recording. After an error the graph is freed, g stands where it stood, and the device is ready for other work; what
// was recorded with g before must not be launched any more.
char *sg_graph_end(sg_graph graph);
// Ends a recording that failed, and frees the graph as sg_graph_end does after an error.
char *sg_graph_abandon(sg_graph graph);
// Launches what was recorded and does not wait for it.
char *sg_graph_launch(sg_graph graph);
// Frees a recorded graph, when the device is done with it.
char *sg_graph_free(sg_graph graph);
#ifdef __cplusplus
}
#endif
