#!/usr/bin/env bash
# Holds the arrows between folders: cgo <- models <- trainer <- eval <- cmd; data knows no torch; data/picture knows no
# data sets; only the folder cgo says import "C". cgo/h5names, which lists HDF5 groups for data, knows no torch either.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0

# forbid PACKAGE PATTERN: no package below PACKAGE depends on one that matches.
forbid() {
  local found
  found=$(go list -tags hdf5 -deps "./$1/..." | grep -E "$2" || true)
  if [ -n "$found" ]; then
    echo "layout: $1 must not depend on $found" >&2
    status=1
  fi
}

forbid data '^simgan/(cgo$|models|trainer|eval|cmd)|gotorch'
forbid data/picture '^simgan/([^d]|data$|data/(mat|npy|simulate))'
forbid cgo/h5names '^simgan/(cgo$|models|data|trainer|eval|cmd)|gotorch'
forbid cgo '^simgan/(models|data|trainer|eval|cmd)'
forbid models '^simgan/(data|trainer|eval|cmd)'
forbid trainer '^simgan/(eval|cmd)'
forbid eval '^simgan/cmd'
if outside=$(grep -rl --include='*.go' '^import "C"' . | grep -v '^./cgo/'); then
  echo "layout: only cgo may import \"C\": $outside" >&2
  status=1
fi
exit $status
