// What cuDNN's frontend looks its functions up in: the cuDNN that libtorch has loaded, once it can compile kernels.
#include <dlfcn.h>

#include "compile.h"

namespace cudnn_frontend {
void *cudnn_dlhandle = (sg::rtc::compiler::library(), dlopen("libcudnn.so.9", RTLD_NOW));
}
