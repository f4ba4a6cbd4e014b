#!/usr/bin/env bash
# format-cc.sh [--fix]: checks that our C++ has the style of .clang-format, or with --fix gives it this style.
set -euo pipefail
cd "$(dirname "$0")/.."
clang_format="$(bash scripts/lint-tools.sh)/clang_format/data/bin/clang-format"
mapfile -t files < <(git ls-files -co --exclude-standard '*.cc' '*.h')
case ${1:-} in
--fix) "$clang_format" -i "${files[@]}" ;;
*) "$clang_format" --dry-run -Werror "${files[@]}" || { echo "not formatted (make fmt does it)" >&2; exit 1; } ;;
esac
