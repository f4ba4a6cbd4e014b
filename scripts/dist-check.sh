#!/usr/bin/env bash
# dist-check.sh [SUITE...]: unpacks build/dist's archive in bare roots of Debian suites (bullseye bookworm trixie),
# which debootstrap makes, and uses it there. Needs root; leaves nothing behind but the roots in the cache.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/simgan/roots"
readonly SMALL='--device cpu --set train.steps=6 --set train.batch=8 --set train.history=16 --set refiner.width=8
  --set refiner.blocks=1 --set train.pretrain_refiner=2 --set train.pretrain_discriminator=1 --set log.every=2
  --set data.synthetic=simulated:eyes,n=16 --set data.real=simulated:eyes,domain=real,n=16'

say() { echo "dist-check: $*" >&2; }
die() { say "$*"; exit 1; }

[ "$(id -u)" = 0 ] || die "debootstrap and chroot work as root: sudo make dist-check"
# In its own mount namespace: whatever ends this script, no mount is left.
[ "${DIST_CHECK_UNSHARED:-}" = "$$" ] ||
  DIST_CHECK_UNSHARED=$$ exec unshare --mount --propagation private bash "$0" "$@"

archives=(build/dist/simgan-*.tar.gz)
[ ${#archives[@]} = 1 ] && [ -e "${archives[0]}" ] || die "build/dist does not hold one archive: make dist builds it"
readonly ARCHIVE=${archives[0]}

# base SUITE: makes the cached root of a suite.
base() {
  [ ! -d "$CACHE/$1" ] || return 0
  command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"
  local mirror
  # shellcheck disable=SC2016 # apt's own placeholder
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Component: main' | head -n 1)
  rm -rf "$CACHE/$1.partial"
  mkdir -p "$CACHE"
  say "making a root of $1"
  debootstrap --variant=minbase "$1" "$CACHE/$1.partial" ${mirror:+"$mirror"} >"$CACHE/$1.log" 2>&1 ||
    { tail "$CACHE/$1.log" >&2; die "debootstrap failed"; }
  mv "$CACHE/$1.partial" "$CACHE/$1"
}

# inside ARGUMENT...: runs the program in the root as a user without rights.
inside() { chroot --userspec=10001:10001 "$ROOT" /usr/bin/env HOME=/work LD_BIND_NOW=1 "/$FOLDER/bin/simgan" "$@"; }

check() {
  local tool status=0
  ROOT=$(mktemp -d) FOLDER=$(basename "$ARCHIVE" .tar.gz)
  trap 'umount "$ROOT/proc" 2>/dev/null || true; rm -rf --one-file-system "$ROOT"' EXIT
  cp -a "$CACHE/$1/." "$ROOT"
  for tool in cc gcc g++ ld go python3; do
    [ -z "$(find "$ROOT/usr/bin" "$ROOT/usr/local/bin" -name "$tool")" ] || die "the root of $1 is not bare: $tool"
  done
  mount -t proc proc "$ROOT/proc"
  install -d -o 10001 "$ROOT/work"
  (cd "$(dirname "$ARCHIVE")" && sha256sum -c --quiet "$(basename "$ARCHIVE").sha256")
  tar -C "$ROOT" -xf "$ARCHIVE"
  (cd "$ROOT/$FOLDER" && sha256sum -c --quiet SHA256SUMS)
  say "$1: $(chroot "$ROOT" ldd --version | head -n 1)"
  inside version
  inside doctor
  read -ra small <<<"$(tr '\n' ' ' <<<"$SMALL")"
  inside train --run /work/run "${small[@]}" --until 3
  inside train --run /work/run --resume
  inside refine --run /work/run --data simulated:eyes,n=2 --out /work/refined --device cpu
  inside report --run /work/run
  [ -e "$ROOT/work/run/DONE" ] && [ -s "$ROOT/work/refined/manifest.csv" ] || die "$1: the run left no results"
  inside train --run /work/none --set refiner.width=-1 2>/dev/null || status=$?
  [ $status = 2 ] || die "$1: a wrong setting ended with $status instead of 2"
  say "$1: all right"
}

[ $# -gt 0 ] || set -- bullseye bookworm trixie
for suite; do
  base "$suite"
  (check "$suite")
done
