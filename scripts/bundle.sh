#!/usr/bin/env bash
# bundle.sh [FOLDER]: collects what a machine with a GPU and a Python torch 2.11.0, but without Go and pip, needs to run
# simgan: the program, libraries, GPU tests, the PyTorch reference and run.sh (docs/dev/gpu-checks.md). It refuses more
# than LIMIT bytes. Needs build/env.sh sourced. `bundle.sh --size FOLDER` only checks the size.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly LIMIT="${BUNDLE_LIMIT:-$((64 << 20))}"

say() { echo "bundle: $*" >&2; }

check_size() {
  local bytes
  bytes=$(du -sb --apparent-size "$1" | cut -f1)
  say "$1: $(((bytes + 524288) >> 20)) MiB of at most $((LIMIT >> 20))"
  [ "$bytes" -gt "$LIMIT" ] || return 0
  say "too large: $bytes bytes, more than BUNDLE_LIMIT=$LIMIT; the largest files:"
  find "$1" -type f -printf '%s %P\n' | sort -rn | head -n 5 >&2
  return 1
}

if [ "${1:-}" = --size ]; then check_size "$2"; exit; fi

readonly BUNDLE=${1:-build/bundle}
rm -rf "$BUNDLE" "$BUNDLE".partial
mkdir -p "$BUNDLE".partial/lib
libraries=${CGO_LDFLAGS#-L}
libraries=${libraries%% *}
for library in libcgotorch.so libsimgan.so libsimgan_cuda.so; do
  strip --strip-unneeded -o "$BUNDLE.partial/lib/$library" "$libraries/$library" ||
    { say "no $library: CUDA=1 bash scripts/setup.sh builds it"; exit 1; }
done
commit=$(git describe --always --dirty --exclude '*' 2>/dev/null || true)
go build -trimpath -ldflags "-s -w -X main.commit=$commit" -o "$BUNDLE.partial/simgan" ./cmd/simgan
for package in $(find . -name '*_gpu_test.go' -printf '%h\n' | sort -u); do
  folder="$BUNDLE.partial/tests/$package"
  mkdir -p "$folder"
  go test -c -trimpath -ldflags '-s -w' -o "$folder/run.test" "$package"
  [ ! -d "$package/testdata" ] || cp -r "$package/testdata" "$folder"
done
cp scripts/parity.py "$BUNDLE.partial"
install -m 755 scripts/bundle-run.sh "$BUNDLE.partial/run.sh"
check_size "$BUNDLE.partial"
mv -T "$BUNDLE.partial" "$BUNDLE"
