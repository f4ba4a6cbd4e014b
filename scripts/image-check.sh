#!/usr/bin/env bash
# Builds Dockerfile.cuda without a Docker engine: with buildah, on a base that debootstrap makes. Then it uses the image
# on the CPU as docs/docker.md says. Prints the size of each layer and, last, of the image. Needs root; leaves nothing
# behind.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly COMMIT=${1:-}
readonly WORK="${XDG_CACHE_HOME:-$HOME/.cache}/simgan/image-check"
readonly SUITE=bookworm NEEDS_GB=25

say() { echo "image-check: $*" >&2; }
die() { say "$*"; exit 1; }

[ "$(id -u)" = 0 ] || die "debootstrap and buildah work as root: sudo make image-check"
# In its own mount namespace: whatever ends this script, no mount is left.
[ "${IMAGE_CHECK_UNSHARED:-}" = "$$" ] ||
  IMAGE_CHECK_UNSHARED=$$ exec unshare --mount --propagation private bash "$0" "$@"

# chroot and vfs also work in containers and sandboxes. STORAGE_DRIVER=overlay is faster if it may mount.
export BUILDAH_ISOLATION=chroot TMPDIR="$WORK/tmp"
buildah() {
  command buildah --storage-driver "${STORAGE_DRIVER:-vfs}" --root "$WORK/storage" --runroot "$WORK/runroot" "$@"
}

need_tools() {
  local missing=() tool
  for tool in buildah debootstrap; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "missing: ${missing[*]}; install them with your system's package manager"
  say "installing ${missing[*]} with apt-get"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# begin removes what a killed call left. Every child holds the lock too, so none of them is alive by then.
begin() {
  mkdir -p "${WORK%/*}"
  exec 9>"$WORK.lock"
  flock --nonblock 9 || die "another image-check is running (it holds $WORK.lock)"
  rm -rf --one-file-system "$WORK"
  mkdir -p "$TMPDIR"
  trap 'rm -rf --one-file-system "$WORK"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  local free
  free=$(df --output=avail -BG "$WORK" | tail -n 1 | tr -dc 0-9)
  [ "$free" -ge $NEEDS_GB ] ||
    die "$free GB are free in $WORK, $NEEDS_GB are needed: set XDG_CACHE_HOME to a place with more room"
}

# this_machines_way ROOT: copies how this machine reaches packages (proxy, certificates, mirrors), for the build stage
# only.
this_machines_way() {
  mkdir -p "$1/usr/local/share" "$1/etc/apt/apt.conf.d"
  apt-config dump --format '%F "%v";%n' Acquire >"$1/etc/apt/apt.conf.d/99image-check"
  [ ! -d /usr/local/share/ca-certificates ] || cp -r /usr/local/share/ca-certificates "$1/usr/local/share/"
  local file
  for file in /etc/apt/auth.conf /etc/apt/auth.conf.d /etc/pip.conf; do [ ! -e $file ] || cp -r $file "$1$file"; done
}

# base_images makes localhost/simgan-base, and localhost/simgan-build-base, which also knows this machine's way to
# packages.
base_images() {
  local mirror root name container
  # shellcheck disable=SC2016 # apt's own placeholder
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $SUITE" 'Component: main' |
    head -n 1)
  root="$WORK/base"
  say "making a $SUITE base"
  debootstrap --variant=minbase "$SUITE" "$root" ${mirror:+"$mirror"} >"$WORK/debootstrap.log" 2>&1 ||
    { tail "$WORK/debootstrap.log" >&2; die "debootstrap failed"; }
  rm -rf "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  for name in base build-base; do
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$root" / >/dev/null
    if [ $name = build-base ]; then configure_build_base "$container"; fi
    buildah commit --quiet --rm "$container" "localhost/simgan-$name" >/dev/null
  done
  rm -rf --one-file-system "$root"
}

# configure_build_base CONTAINER: passes on this machine's way as files and as variables.
configure_build_base() {
  this_machines_way "$(buildah mount "$1")"
  local variable
  for variable in PIP_CERT PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_DEFAULT_TIMEOUT GOPROXY GOSUMDB GONOSUMDB \
    SSL_CERT_FILE; do
    [ -z "${!variable:-}" ] || buildah config --env "$variable=${!variable}" "$1"
  done
}

build() {
  say "building Dockerfile.cuda"
  buildah build --quiet --format docker --file Dockerfile.cuda --build-arg BASE=localhost/simgan-base \
    --build-arg BUILD_BASE=localhost/simgan-build-base --build-arg "COMMIT=$COMMIT" --tag simgan-train . >/dev/null
  CONTAINER=$(buildah from --pull-never simgan-train)
  ROOT=$(buildah mount "$CONTAINER")
}

# in_image RUNS ARGUMENT...: does what `docker run -v RUNS:/runs simgan-train ARGUMENT...` does, without a GPU.
in_image() {
  local runs=$1 entrypoint
  shift
  entrypoint=$(buildah inspect --format '{{index .Docker.Config.Entrypoint 0}}' "$CONTAINER")
  buildah run --volume "$runs:/runs" "$CONTAINER" -- "$entrypoint" "$@"
}

default_command() { buildah inspect --format '{{range .Docker.Config.Cmd}}{{.}} {{end}}' "$CONTAINER"; }

# runs_folder NAME OWNER: makes an empty folder to mount as /runs.
runs_folder() {
  install -d -o "$2" "$WORK/$1"
  echo "$WORK/$1"
}

check_contents() {
  local tool
  for tool in cc gcc c++ g++ cpp ld as go make pip python3; do
    [ -z "$(find "$ROOT"/usr/bin "$ROOT"/usr/local/bin -name "$tool")" ] || die "the image holds $tool"
  done
  local user
  user=$(buildah inspect --format '{{.Docker.Config.User}}' "$CONTAINER")
  [[ "$user" =~ ^[1-9] ]] || die "the image runs as user '$user'"
}

check_default_command() {
  local runs words
  runs=$(runs_folder trained 10001)
  read -ra words <<<"$(default_command)"
  say "running: ${words[*]}, a few small steps"
  in_image "$runs" "${words[@]}" --set train.steps=3 --set train.batch=8 --set train.history=16 \
    --set train.pretrain_refiner=2 --set train.pretrain_discriminator=2 --set log.every=1 | tee "$WORK/out.txt"
  grep -q 'no GPU' "$WORK/out.txt" || die "it did not report that it trains without a GPU"
  [ "$(find "$runs" -name DONE -user 10001 | wc -l)" = 1 ] || die "no finished run of user 10001 in /runs"
}

# simgan_process prints the id of the program in the container.
simgan_process() {
  local pid
  for pid in $(pgrep -x simgan); do
    if [ "/proc/$pid/exe" -ef "$ROOT/usr/local/bin/simgan" ]; then echo "$pid"; fi
  done
}

check_signal() {
  local runs words status=0 job
  runs=$(runs_folder stopped 10001)
  read -ra words <<<"$(default_command)"
  say "running: ${words[*]}, as it is, and stopping it as docker stop does"
  in_image "$runs" "${words[@]}" >"$WORK/out.txt" 2>&1 &
  job=$!
  until [ -n "$(find "$runs" -name 'step-0000000.png')" ]; do
    kill -0 "$job" 2>/dev/null || { cat "$WORK/out.txt" >&2; die "it ended by itself"; }
    sleep 1
  done
  sleep 5
  kill -TERM "$(simgan_process)"
  wait "$job" || status=$?
  tail -n 3 "$WORK/out.txt"
  [ "$status" = 143 ] || die "exit status $status instead of 143"
  grep -q 'stopped at .* and saved' "$WORK/out.txt" || die "no checkpoint was saved"
}

check_refused_folder() {
  local runs status=0
  runs=$(runs_folder refused 0)
  say "running with a /runs that root owns"
  in_image "$runs" train >"$WORK/out.txt" 2>&1 || status=$?
  grep simgan: "$WORK/out.txt"
  [ "$status" = 1 ] || die "exit status $status instead of 1"
  grep -q 'chown 10001' "$WORK/out.txt" || die "it did not say how to fix that"
}

# weigh NAME PATH...: prints a row of the table, in 10^6 bytes.
weigh() {
  local name=$1
  shift
  printf '%-36s %6d MB\n' "$name" "$(($(du -sbc "${@/#/$ROOT}" | tail -n 1 | cut -f1) / 1000000))"
}

weights() {
  local total
  total=$(du -sb "$ROOT" | cut -f1)
  weigh 'CUDA       /opt/libtorch/nvidia' /opt/libtorch/nvidia
  weigh 'libtorch   /opt/libtorch/torch' /opt/libtorch/torch
  weigh 'our C++    /opt/simgan' /opt/simgan
  weigh 'simgan     /usr/local/bin/simgan' /usr/local/bin/simgan
  local rest
  rest=$(du -sb --exclude=/opt --exclude="$ROOT/opt" --exclude="$ROOT/usr/local/bin" "$ROOT" | cut -f1)
  printf '%-36s %6d MB\n' 'base and licences' $((rest / 1000000))
  echo "image simgan-train: $((total / 1000000)) MB ($total bytes)"
}

need_tools
begin
base_images
build
check_contents
in_image "$(runs_folder doctor 10001)" doctor
check_default_command
check_signal
check_refused_folder
weights
