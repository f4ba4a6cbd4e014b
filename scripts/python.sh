#!/usr/bin/env bash
# Prints a Python that has the packages of requirements-parity.txt, PyTorch among them: $PYTHON, python3, or our own in
# the cache, which is installed if it is missing (4 GB).
set -euo pipefail
cd "$(dirname "$0")/.."
readonly VENV="${XDG_CACHE_HOME:-$HOME/.cache}/simgan/python-torch-2.11.0"

# On a machine with a GPU, torch has to be that of CUDA 13, as simgan's libtorch is.
has_torch() {
  "$1" -c 'import os, torch, safetensors, numpy
assert torch.__version__.split("+")[0] == "2.11.0"
assert not os.path.exists("/proc/driver/nvidia/version") or (torch.version.cuda or "").startswith("13.")' 2>/dev/null
}

for python in ${PYTHON:+"$PYTHON"} python3 "$VENV/bin/python"; do
  if has_torch "$python"; then
    command -v "$python"
    exit
  fi
done
[ -z "${PYTHON:-}" ] || {
  echo "PYTHON=$PYTHON lacks torch 2.11.0, safetensors or numpy:" \
    "unset it, or pip install -r scripts/requirements-parity.txt" >&2
  exit 1
}
echo "installing PyTorch 2.11.0 to $VENV" >&2
rm -rf "$VENV" "$VENV".partial
python3 -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r scripts/requirements-parity.txt >&2
echo "$VENV/bin/python"
