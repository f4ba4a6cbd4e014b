#!/usr/bin/env bash
# unpack-wheels.sh REQUIREMENTS FOLDER: unzips the pinned wheels into a new folder, which appears only when it is
# complete. setup.sh and Dockerfile.cuda both call it, so both take the same bytes.
set -euo pipefail
readonly REQUIREMENTS=$1 FOLDER=$2
readonly PYTHON="${XDG_CACHE_HOME:-$HOME/.cache}/simgan/pip/bin/python"

say() { echo "setup: $*" >&2; }

platforms=()
for glibc in 28 27 25 18 17 12; do platforms+=(--platform "manylinux_2_${glibc}_x86_64"); done
rm -rf "$FOLDER".partial.*
partial="$FOLDER.partial.$$"
mkdir -p "$partial/wheels"
say "fetching $(grep -ohE '^[a-z0-9-]+==[0-9.]+|^-r .*' "$REQUIREMENTS" | paste -sd ' ')"
"$PYTHON" -m pip --version >/dev/null 2>&1 || python3 -m venv --clear "${PYTHON%/bin/python}" # also a half-made one
"$PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
  --implementation cp --python-version 3.11 --abi cp311 --abi none "${platforms[@]}" --platform manylinux2014_x86_64 \
  -d "$partial/wheels" -r "$REQUIREMENTS" ||
  { say "the download failed: is a package index reachable? (pip download -r $REQUIREMENTS)"; exit 1; }
for wheel in "$partial"/wheels/*.whl; do
  python3 -m zipfile -e "$wheel" "$partial"
  rm "$wheel"
done
rmdir "$partial/wheels"
mv -T "$partial" "$FOLDER"
say "unpacked to $FOLDER ($(du -sh "$FOLDER" | cut -f1), $SECONDS s)"
