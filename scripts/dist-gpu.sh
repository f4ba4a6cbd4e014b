#!/usr/bin/env bash
# gpu.sh: fetches libtorch with CUDA, by pip and in the versions that simgan was built with, so that this folder's simgan
# trains on an NVIDIA GPU. Needs python3 with pip and venv, a package index and 8 GB of disk. Without it simgan runs on
# the CPU.
set -euo pipefail
cd "$(dirname "$0")"
[ ! -e torch/torch/lib/libtorch_cuda.so ] || { echo "gpu.sh: torch/ has CUDA already"; exit 0; }
rm -rf torch.new
bash share/unpack-wheels.sh share/requirements-cuda.txt torch.new
mv torch torch.old
mv torch.new torch
rm -rf torch.old
bin/simgan doctor
