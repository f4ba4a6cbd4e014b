#!/usr/bin/env bash
# Runs every fuzz target for a time and prints a table: executions and crashes, and their sums. An input that crashes a
# target is left in the package's testdata/fuzz, where go test tries it from then on. Targets that need HDF5 run if
# GOFLAGS has its tag, as with make fuzz HDF5=1.
# Usage: scripts/fuzz.sh [SECONDS PER TARGET, 60] [PATTERN OF TARGETS, .]
set -euo pipefail
cd "$(dirname "$0")/.."
readonly seconds=${1:-60} pattern=${2:-.}
targets=0 executions=0 crashes=0

# row PACKAGE TARGET: fuzzes one target.
row() {
  local log crashed=0 count
  log=$(mktemp)
  # Go would spend the time on making inputs smaller.
  if ! go test -run '^$' -fuzz "^$2\$" -fuzztime "${seconds}s" -fuzzminimizetime 1s "$1" >"$log" 2>&1; then
    crashed=1
    cat "$log" >&2
  fi
  count=$(grep -o 'execs: [0-9]*' "$log" | tail -1 | cut -d' ' -f2 || true)
  rm -f "$log"
  printf '| %s %s | %s | %d |\n' "${1#./}" "$2" "${count:-0, it did not run}" $crashed
  [ -n "$count" ] || crashed=1
  targets=$((targets + 1)) executions=$((executions + ${count:-0})) crashes=$((crashes + crashed))
}

printf '| target | executions | crashes |\n|---|---|---|\n'
for file in $(grep -rl --include='*_test.go' '^func Fuzz' . | sort); do
  for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' "$file" | grep -E "$pattern" || true); do
    if grep -q '^//go:build hdf5' "$file" && [[ "${GOFLAGS:-}" != *hdf5* ]]; then
      echo "fuzz: $target is left out: it needs HDF5=1" >&2
      continue
    fi
    row "$(dirname "$file")" "$target"
  done
done
printf '| %d targets, %d s each | %d | %d |\n' $targets "$seconds" $executions $crashes
[ $crashes = 0 ]
