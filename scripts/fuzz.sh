#!/usr/bin/env bash
# Runs every fuzz target for a time and prints a table: executions and crashes. An input that crashes a target is left
# in the package's testdata/fuzz, where go test tries it from then on.
# Usage: scripts/fuzz.sh [SECONDS PER TARGET, 60] [PATTERN OF TARGETS, .]
set -euo pipefail
cd "$(dirname "$0")/.."
readonly seconds=${1:-60} pattern=${2:-.}
status=0

printf '| target | executions | crashes |\n|---|---|---|\n'
for file in $(grep -rl --include='*_test.go' '^func Fuzz' . | sort); do
  package=$(dirname "$file")
  for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' "$file" | grep -E "$pattern" || true); do
    log=$(mktemp)
    crashes=0
    # Go would spend the time on making inputs smaller.
    if ! go test -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" -fuzzminimizetime 1s "$package" >"$log" 2>&1; then
      crashes=1 status=1
      cat "$log" >&2
    fi
    executions=$(grep -o 'execs: [0-9]*' "$log" | tail -1 | cut -d' ' -f2 || true)
    printf '| %s %s | %s | %d |\n' "${package#./}" "$target" "${executions:-0}" "$crashes"
    rm -f "$log"
  done
done
exit $status
