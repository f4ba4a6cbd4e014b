// What cuDNN's frontend looks its functions up in: the cuDNN that libtorch has loaded.
#include <dlfcn.h>

namespace cudnn_frontend {
void *cudnn_dlhandle = dlopen("libcudnn.so.9", RTLD_NOW);
}
