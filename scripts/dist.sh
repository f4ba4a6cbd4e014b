#!/usr/bin/env bash
# dist.sh: builds build/dist/simgan-VERSION-linux-x86_64.tar.gz and its .sha256: the program with its libraries, for any
# x86_64 Linux with glibc 2.28 or newer, without Go, a compiler or Python. The CPU side of libtorch is in it; gpu.sh in
# it fetches the GPU side. The same sources give the same bytes. Needs build/env.sh sourced (`make dist`).
set -euo pipefail
cd "$(dirname "$0")/.."
ROOT=$PWD
VERSION=$(sed -n 's/^const release = "\(.*\)"$/\1/p' cmd/simgan/version.go)
readonly ROOT VERSION NAME=simgan-$VERSION-linux-x86_64 WORK=$ROOT/build/dist
readonly TREE=$WORK/$NAME TORCH=$SIMGAN_LIBTORCH
readonly CUDA_BUILD="${XDG_CACHE_HOME:-$HOME/.cache}/simgan/cuda-build-13.0" # the wheels of requirements-cuda-build.txt

say() { echo "dist: $*" >&2; }

# objects FOLDER VARIABLE...: compiles a C++ library into build/dist.
objects() { MAKEFLAGS='' make -s -C "$1" -j"$(nproc)" BUILD="$WORK/${1##*/}" TORCH="$TORCH" "${@:2}"; }

# objects_of FOLDER: prints the objects of its sources.
objects_of() { (cd "$1" && find . -name '*.cc' | sort | sed "s#^\.\(.*\)\.cc\$#$WORK/${1##*/}\1.o#"); }

# library NAME RPATH OBJECT... -- OPTION...: links objects again, for older glibcs and for libraries beside them.
library() {
  local name=$1 rpath=$2 inputs=()
  shift 2
  while [ "$1" != -- ]; do inputs+=("$1"); shift; done
  shift
  g++ -shared -fopenmp -s -o "$TREE/lib/$name" "${inputs[@]}" -L"$WORK/old-glibc" -lold -l:libpthread.so.0 \
    -L"$TORCH/lib" "-Wl,-rpath,$rpath" -Wl,--allow-shlib-undefined -Wl,--no-as-needed "$@"
}

build_libraries() {
  local gotorch ours cuda torch='$ORIGIN/../torch'
  gotorch=$(go list -m -f '{{.Dir}}' github.com/wangkuiyi/gotorch)
  objects cgo/libsimgan GOTORCH="$gotorch"
  objects cgo/libsimgan_cuda WHEELS="$CUDA_BUILD"
  mapfile -t ours < <(objects_of cgo/libsimgan)
  mapfile -t cuda < <(objects_of cgo/libsimgan_cuda | grep -vE '/(plans|compile)\.o$') # programs of tests
  library libcgotorch.so "$torch/torch/lib" "$WORK/libsimgan/cgotorch.o" -- -ltorch_cpu -lc10
  library libsimgan.so "$torch/torch/lib" "${ours[@]}" -- -ltorch_cpu -lc10
  library libsimgan_cuda.so "$torch/torch/lib:$torch/nvidia/cu13/lib" "${cuda[@]}" -- \
    -ltorch_cuda -lc10_cuda -ltorch_cpu -lc10 -L"$CUDA_BUILD/nvidia/cu13/lib" -l:libcudart.so.13
}

# build_program links libtorch through our libraries. Names are looked up by Go, because the C library's way needs a
# function that older glibcs have in another library. Go's linker tries -no-pie without libraries, where --wrap fails.
build_program() {
  local commit
  commit=$(git describe --always --dirty --exclude '*' 2>/dev/null || true)
  cp "$WORK/libsimgan/libtorch.so" "$WORK/old-glibc/"
  CGO_LDFLAGS="-no-pie -L$TREE/lib -L$WORK/old-glibc -lold -l:libpthread.so.0 -Wl,--wrap=__libc_start_main \
    -Wl,-rpath,\$ORIGIN/../lib -Wl,-rpath-link,$TORCH/lib -L$TORCH/lib -Wl,--allow-shlib-undefined -lsimgan" \
    go build -trimpath -tags netgo -ldflags "-s -w -X main.commit=$commit" -o "$TREE/bin/simgan" ./cmd/simgan
  # gotorch adds folders of this machine's module cache, in which nobody else may look for libraries.
  perl -0777 -pi -e 's{\$ORIGIN/\.\./lib\K:[^\0]*}{"\0" x length $&}e' "$TREE/bin/simgan"
}

# copy_libtorch copies what the CPU side needs, under the wheels' paths, by which its libraries find each other.
copy_libtorch() {
  local wheels file
  wheels=$(dirname "$TORCH")
  for file in torch/lib/lib{torch_cpu,c10}.so torch/lib/libgomp.so.1 nvidia/cu13/lib/lib{cudart,cupti}.so.13; do
    install -D -m 755 "$wheels/$file" "$TREE/torch/$file"
    [[ $file == nvidia/* ]] || strip --strip-unneeded "$TREE/torch/$file"
  done
}

# copy_licences copies those of the wheels, of cuDNN's frontend, which is compiled into libsimgan_cuda.so, of Go and of
# the modules in the program.
copy_licences() {
  local folder name file
  for folder in "$(dirname "$TORCH")"/*.dist-info "$CUDA_BUILD"/nvidia_cudnn_frontend-*.dist-info; do
    (cd "$folder/licenses" && find . -type f -exec install -D -m 644 {} "$TREE/licences/${folder##*/}"/{} \;)
  done
  install -D -m 644 "$(go env GOROOT)/LICENSE" "$TREE/licences/go/LICENSE"
  go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}' ./cmd/simgan | sort -u |
    while read -r name folder; do
      for file in "$folder"/{LICENSE,LICENCE,COPYING,NOTICE}*; do
        [ ! -f "$file" ] || install -D -m 644 "$file" "$TREE/licences/$name/${file##*/}"
      done
      [ -d "$TREE/licences/$name" ] || { say "$folder holds no licence"; return 1; }
    done
}

copy_scripts() {
  install -D -m 755 scripts/dist-gpu.sh "$TREE/gpu.sh"
  install -m 644 LICENSE docs/dist.md "$TREE"
  install -D -m 755 scripts/unpack-wheels.sh "$TREE/share/unpack-wheels.sh"
  install -m 644 scripts/requirements-libtorch.txt scripts/requirements-cuda.txt "$TREE/share"
}

# pack writes the archive, in the same bytes for the same files.
pack() {
  local date
  date=$(git log -1 --format=%cI 2>/dev/null || echo 1980-01-01)
  (cd "$TREE" && find . -type f ! -name SHA256SUMS -printf '%P\0' | sort -z | xargs -0 sha256sum >SHA256SUMS)
  tar -C "$WORK" --sort=name --mtime="$date" --owner=0 --group=0 --numeric-owner -cf - "$NAME" | gzip -n -6 \
    >"$WORK/$NAME.tar.gz.partial"
  mv "$WORK/$NAME.tar.gz.partial" "$WORK/$NAME.tar.gz"
  (cd "$WORK" && sha256sum "$NAME.tar.gz" >"$NAME.tar.gz.sha256")
}

rm -rf "$TREE"
mkdir -p "$TREE/lib" "$TREE/bin"
bash scripts/old-glibc.sh "$WORK/old-glibc"
build_libraries
build_program
copy_libtorch
copy_licences
copy_scripts
find "$TREE" -type f \( -name '*.so*' -o -name simgan \) -print0 | xargs -0 bash scripts/old-glibc.sh --check ||
  { say "these symbols are not in glibc 2.28's systems"; exit 1; }
pack
say "$WORK/$NAME.tar.gz: $(du -h "$WORK/$NAME.tar.gz" | cut -f1), unpacked $(du -sh "$TREE" | cut -f1)"
