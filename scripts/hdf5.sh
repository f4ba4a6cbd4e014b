#!/usr/bin/env bash
# Installs libhdf5-dev, which `make build HDF5=1` links, if it is missing. Called by: make ... HDF5=1
set -euo pipefail

say() { echo "hdf5: $*" >&2; }
die() { say "$*"; exit 1; }

for header in /usr/lib/x86_64-linux-gnu/hdf5/serial/include/hdf5.h /usr/local/include/hdf5.h; do
  [ ! -e "$header" ] || exit 0
done
command -v apt-get >/dev/null ||
  die "missing: HDF5's C library with its headers; install it with your system's package manager"
sudo=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || die "missing: libhdf5-dev; as root: apt-get install libhdf5-dev"
  sudo=(sudo)
fi
say "installing libhdf5-dev with apt-get"
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libhdf5-dev >/dev/null
