#!/usr/bin/env bash
# image-libraries.sh DEST LIBRARY...: copies our LIBRARYs, and what they can load of libtorch and CUDA, to DEST under
# the same paths, with the licences. The build stage of Dockerfile.cuda calls it with LIBTORCH set. A missing library
# ends it.
set -euo pipefail
readonly DEST=$1
shift
ROOT=$(dirname "$LIBTORCH") # the wheels' folder: torch/ and nvidia/

# Libraries that are loaded by name at run time: libtorch's CUDA side (runtime.cc), its compiler of kernels, and what
# cuDNN and NVRTC open in their own folders. libtorch_cuda_linalg.so, and cuSOLVER with it, is for decompositions, which
# we do not call.
opened=("$LIBTORCH/lib/libtorch_cuda.so" "$LIBTORCH/lib/libcaffe2_nvrtc.so" "$ROOT"/nvidia/cudnn/lib/libcudnn_*.so.9
  "$ROOT"/nvidia/cu13/lib/libnvrtc-builtins.so.*)

needed=$(ldd "$@" "${opened[@]}")
# libcuda.so.1 belongs to the driver: the container toolkit brings it from the host.
if missing=$(grep 'not found' <<<"$needed" | grep -v 'libcuda\.so\.1'); then
  printf 'image-libraries: in no wheel of scripts/requirements-cuda.txt: %s\n' "$missing" >&2
  exit 1
fi

# copy FILE: strips libtorch's libraries of the symbols that only debuggers read (164 MB), and copies NVIDIA's
# unchanged.
copy() {
  install -D -m 755 "$1" "$DEST$1"
  [[ "$1" != "$LIBTORCH"/* ]] || strip --strip-unneeded "$DEST$1"
}

{ printf '%s\n' "$@" "${opened[@]}"; grep -o '=> /[^ ]*' <<<"$needed" | cut -c4-; } |
  xargs -n 1 realpath -s | sort -u | grep -vE '^(/usr)?/lib' | while read -r file; do copy "$file"; done

# Licences: of the wheels, and of cuDNN's frontend, which is compiled into libsimgan_cuda.so.
frontend=("$XDG_CACHE_HOME"/simgan/cuda-build-*/nvidia_cudnn_frontend-*.dist-info/licenses)
find "$ROOT"/*.dist-info/licenses "${frontend[@]}" -type f | while read -r file; do
  wheel=${file%%/licenses/*}
  install -D -m 644 "$file" "$DEST/usr/share/doc/simgan/licences/${wheel##*/}/${file##*/licenses/}"
done
