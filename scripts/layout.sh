#!/usr/bin/env bash
# Checks the arrows between packages: an arrow that is not drawn here is an error.
#   cgo <- models <- trainer/simgan <- trainer <- eval <- cmd        bench knows trainer/simgan, not trainer
#   cgo <- parallel <- trainer/simgan
#   eval, sweep <- experiment <- cmd
# Without torch: data, data/picture, models/architecture, trainer/config, trainer/rundir, sweep, configs, cgo/h5names.
# Only cgo says import "C".
set -euo pipefail
cd "$(dirname "$0")/.."
status=0

# forbid PACKAGES PATTERN: none of the packages depends on one that matches.
forbid() {
  local dependencies found
  # shellcheck disable=SC2086 # PACKAGES are several words
  dependencies=$(go list -tags hdf5 -deps $1)
  found=$(grep -E "$2" <<<"$dependencies" || true)
  if [ -n "$found" ]; then
    echo "layout: $1 must not depend on" $found >&2
    status=1
  fi
}

readonly TORCH='^simgan/cgo$|gotorch'

forbid ./cgo/... '^simgan/(models|data|trainer|sweep|bench|eval|cmd)'
forbid ./models/... '^simgan/(data|trainer|sweep|bench|eval|cmd)'
forbid ./parallel '^simgan/(models|data|trainer|sweep|bench|eval|cmd)'
forbid './internal/ranks ./internal/launch' "$TORCH|^simgan/(models|data|parallel|trainer|sweep|bench|eval|cmd)"
forbid ./data/... "$TORCH|^simgan/(models|trainer|sweep|bench|eval|cmd)"
forbid ./data/picture/... '^simgan/(data$|data/(adapt|mat|npy|simulate))'
forbid ./data/adapt/... '^simgan/(data$|data/(mat|npy|simulate))'
forbid './models/architecture ./configs ./cgo/h5names' "$TORCH|^simgan/(data|trainer|sweep|bench|eval|cmd)"
forbid ./trainer/config "$TORCH|^simgan/(data|models$|trainer/(rundir|simgan)|trainer$|sweep|bench|eval|cmd)"
forbid ./trainer/rundir/... "$TORCH|^simgan/(models$|trainer/simgan|trainer$|sweep|bench|eval|cmd)"
forbid ./trainer/simgan '^simgan/(trainer/rundir|trainer$|sweep|bench|eval|cmd)'
forbid ./trainer/twosample '^simgan/(data$|trainer/(config|rundir|simgan)|trainer$|sweep|bench|eval|cmd)'
forbid ./trainer '^simgan/(sweep|bench|eval|cmd)'
forbid ./sweep "$TORCH|^simgan/(models$|trainer/simgan|trainer$|bench|eval|cmd)"
forbid ./experiment '^simgan/(bench|cmd)'
forbid ./bench '^simgan/(trainer/rundir|trainer$|sweep|eval|cmd)'
forbid ./eval/... '^simgan/(sweep|bench|cmd)'
if outside=$(grep -rl --include='*.go' '^import "C"' . | grep -v '^./cgo/'); then
  echo "layout: only cgo may import \"C\": $outside" >&2
  status=1
fi
exit $status
