#!/usr/bin/env bash
# Runs formats.py over a new folder, in its own Python environment, which is kept in the cache (0.4 GB). Called by:
# make formats
set -euo pipefail
cd "$(dirname "$0")/.."
VENV="${XDG_CACHE_HOME:-$HOME/.cache}/simgan/python-formats-$(sha256sum scripts/requirements-formats.txt | cut -c1-12)"
readonly VENV
if [ ! -e "$VENV/bin/python" ]; then
  echo "installing onnxruntime and TensorBoard to $VENV" >&2
  rm -rf "$VENV".partial
  python3 -m venv "$VENV".partial
  "$VENV".partial/bin/python -m pip install --quiet --disable-pip-version-check -r scripts/requirements-formats.txt >&2
  mv "$VENV".partial "$VENV"
fi
RUNS=$(mktemp -d)
trap 'rm -rf "$RUNS"' EXIT
"$VENV/bin/python" scripts/formats.py build/simgan "$RUNS"
