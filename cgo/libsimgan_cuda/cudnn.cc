// The library in which cuDNN's frontend looks up its functions: the cuDNN that libtorch has loaded. NVRTC is loaded
// first, so that cuDNN can compile kernels.
#include <dlfcn.h>

#include "compile.h"

namespace cudnn_frontend {
void *cudnn_dlhandle = (sg::rtc::compiler::library(), dlopen("libcudnn.so.9", RTLD_NOW));
}
