#!/usr/bin/env bash
# image-libraries.sh DEST LIBRARY...: copies our LIBRARYs and what they can load of libtorch and CUDA to DEST, under the same
# paths, with the licences. The build stage of Dockerfile.cuda calls it, with LIBTORCH set; a missing library ends it.
set -euo pipefail
readonly DEST=$1
shift
ROOT=$(dirname "$LIBTORCH") # the wheels' folder: torch/ and nvidia/

# What is loaded by name while running: libtorch's CUDA side (cgo/runtime.cc) and its compiler of kernels, and what
# cuDNN and NVRTC open beside themselves. libtorch_cuda_linalg.so, and cuSOLVER with it, is for decompositions: none here.
opened=("$LIBTORCH/lib/libtorch_cuda.so" "$LIBTORCH/lib/libcaffe2_nvrtc.so" "$ROOT"/nvidia/cudnn/lib/libcudnn_*.so.9
  "$ROOT"/nvidia/cu13/lib/libnvrtc-builtins.so.*)

needed=$(ldd "$@" "${opened[@]}")
# libcuda.so.1 is the driver's: the container toolkit brings it from the host.
if missing=$(grep 'not found' <<<"$needed" | grep -v 'libcuda\.so\.1'); then
  printf 'image-libraries: in no wheel of scripts/requirements-cuda.txt: %s\n' "$missing" >&2
  exit 1
fi

# copy FILE: libtorch's without the symbols that only debuggers read (164 MB); NVIDIA's as they are.
copy() {
  install -D -m 755 "$1" "$DEST$1"
  [[ "$1" != "$LIBTORCH"/* ]] || strip --strip-unneeded "$DEST$1"
}

{ printf '%s\n' "$@" "${opened[@]}"; grep -o '=> /[^ ]*' <<<"$needed" | cut -c4-; } |
  xargs -n 1 realpath -s | sort -u | grep -vE '^(/usr)?/lib' | while read -r file; do copy "$file"; done

# cuDNN's frontend is compiled into libsimgan_cuda.so.
find "$ROOT"/*.dist-info/licenses "$XDG_CACHE_HOME"/simgan/cuda-build-*/nvidia_cudnn_frontend-*.dist-info/licenses -type f | while read -r file; do
  wheel=${file%%/licenses/*}
  install -D -m 644 "$file" "$DEST/usr/share/doc/simgan/licences/${wheel##*/}/${file##*/licenses/}"
done
