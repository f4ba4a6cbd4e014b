/* glibc has this variable from 2.32 on. libstdc++ skips atomic instructions while it is true. */
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0;
