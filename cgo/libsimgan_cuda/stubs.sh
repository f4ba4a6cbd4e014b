#!/usr/bin/env bash
# stubs.sh WHEELS FOLDER: writes FOLDER/libcuda.so.1 and FOLDER/libcublasLt.so.13, in which every function returns an
# error, except that LOADS=1 lets compiled kernels be loaded. cuDNN loads both before it compiles a kernel or counts its plans. They are for `plans` only: no other program
# may find them. WHEELS is the folder of the unpacked wheels: it has cuda.h, and cuDNN, whose calls are searched for.
set -euo pipefail
mkdir -p "$2"

# functions PATTERN FILE...: prints the C names in the files that match, one per line.
functions() {
  local pattern=$1
  shift
  grep -aohE "$pattern" "$@" | tr -d ' \t(' | sort -u
}

# stub LIBRARY: compiles C from standard input to a library.
stub() { g++ -x c -w -shared -fPIC -o "$1" -Wl,-soname,"${1##*/}" - -ldl; }

# The functions that are written out below.
written='cuLibraryLoadData|cuLibraryGetKernel|cuInit|cuDriverGetVersion|cuGetErrorString|cuGetErrorName|cuGetProcAddress|cuGetProcAddress_v2'
{
  cat <<'C'
void *dlsym(void *, const char *);
char *getenv(const char *);
int cuInit(unsigned flags) { return 100; }
int cuLibraryLoadData(void **library) { return getenv("LOADS") ? *library = library, 0 : 100; }
int cuLibraryGetKernel(void **kernel) { return getenv("LOADS") ? *kernel = kernel, 0 : 100; }
int cuDriverGetVersion(int *version) { return *version = 13000, 0; }
int cuGetErrorString(int error, const char **text) { return *text = "no device (simgan's stub)", 0; }
int cuGetErrorName(int error, const char **text) { return cuGetErrorString(error, text); }
int cuGetProcAddress(const char *name, void **f, int version, unsigned long flags) {
  return (*f = dlsym(0, name)) ? 0 : 500;
}
int cuGetProcAddress_v2(const char *name, void **f, int version, unsigned long flags, void *status) {
  return cuGetProcAddress(name, f, version, flags);
}
C
  functions '\bcu[A-Z][A-Za-z0-9_]*[[:space:]]*\(' "$1/nvidia/cu13/include/cuda.h" | grep -vxE "$written" |
    sed 's/.*/int &() { return 100; }/'
} | stub "$2/libcuda.so.1"
{
  echo 'unsigned long cublasLtGetVersion() { return 130002; }'
  functions '\bcublasLt[A-Z][A-Za-z0-9]*' "$1"/nvidia/cudnn/lib/libcudnn_engines_precompiled.so.9 |
    grep -vx cublasLtGetVersion | sed 's/.*/int &() { return 1; }/'
} | stub "$2/libcublasLt.so.13"
