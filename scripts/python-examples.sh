#!/usr/bin/env bash
# Prints a Python that runs examples/ and the blocks of docs/after-training.md: $PYTHON, python3, or our own in the
# cache, which is installed if it is missing: PyTorch as python.sh finds it, and the packages of
# requirements-examples.txt (0.1 GB). With --installed nothing is installed; the exit code is 1 if there is none.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV="${XDG_CACHE_HOME:-$HOME/.cache}/simgan/python-examples-$(sha256sum scripts/requirements-examples.txt | cut -c1-12)"
readonly VENV

for python in ${PYTHON:+"$PYTHON"} python3 "$VENV/bin/python"; do
  if "$python" -c 'import torch, safetensors, numpy, onnxruntime, PIL, yaml' 2>/dev/null; then
    command -v "$python"
    exit
  fi
done
[ "${1:-}" != --installed ] || exit 1
TORCH=$(bash scripts/python.sh)
echo "installing the examples' packages to $VENV" >&2
rm -rf "$VENV" "$VENV".partial
"$TORCH" -m venv "$VENV".partial
where='import sysconfig; print(sysconfig.get_path("purelib"))'
"$TORCH" -c "$where" >"$("$VENV".partial/bin/python -c "$where")/torch.pth" # PyTorch stays where it is
"$VENV".partial/bin/python -m pip install --quiet --disable-pip-version-check -r scripts/requirements-examples.txt >&2
mv "$VENV".partial "$VENV"
echo "$VENV/bin/python"
