#!/usr/bin/env bash
# Runs simgan and its GPU tests with this machine's Python torch 2.11.0, found through $PYTHON or python3.
# scripts/bundle.sh copies this file into the bundle as run.sh:
#
#   run.sh check [NAME...]   runs the checks named, or all checks of docs/dev/gpu-checks.md except the tests;
#                            writes check.txt; exits with 1 if a check fails
#   run.sh check tests       runs the tests, which take minutes too
#   run.sh bench [PRESET...] measures speed beside PyTorch, for these presets or all of BENCH; writes bench-gpu.json
#                            and .md, or bench-gpu-PRESET.json and .md for a single preset
#   run.sh simgan ARGS...    runs the program
#   run.sh where             prints the folder of the torch that was found
#
# The files go to $OUT, or to ./bundle-out if OUT is not set. They grow as the work goes on. Run folders lie in a
# temporary folder, which is kept if a check fails. Without a GPU the checks run on the CPU and skip what needs a GPU.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
readonly HERE VERSION=2.11.0 PYTHON=${PYTHON:-python3}
readonly OUT=${OUT:-$PWD/bundle-out}
readonly CHECKS='doctor train graphs fused resume stop bfloat16 resident memory tests'
readonly BENCH='gaze-paper-v1 gaze,train.batch=512 hand'
readonly TESTS_SECONDS=${TESTS_SECONDS:-540} # limit for all tests together

say() { echo "run.sh: $*" >&2; }
die() { say "$*"; exit 1; }

# find_torch sets TORCH to the folder of the Python's torch, without importing it.
find_torch() {
  local found
  found=$("$PYTHON" -c 'import importlib.metadata as m, importlib.util as u, os
print(m.version("torch").split("+")[0], os.path.dirname(u.find_spec("torch").origin))' 2>/dev/null) ||
    die "$PYTHON has no torch: set PYTHON to one with torch $VERSION"
  [ "${found%% *}" = "$VERSION" ] || die "$PYTHON has torch ${found%% *}, not $VERSION: set PYTHON to one that has"
  TORCH=${found#* }
  [ -e "$TORCH/lib/libtorch_cpu.so" ] || die "$TORCH/lib holds no libtorch_cpu.so"
  grep -qa 'libcudart[-.a-z0-9]*so\.13' "$TORCH/lib/libc10_cuda.so" 2>/dev/null ||
    die "$TORCH is not for CUDA 13: set PYTHON to one with the torch $VERSION of PyPI (2.11.0+cu130), driver 580 or newer"
}

# use_torch puts this torch before the library paths of the machine that built the binaries.
use_torch() {
  local path="$HERE/lib:$TORCH/lib" folder
  for folder in "${TORCH%/torch}"/nvidia/*/lib; do
    [ ! -d "$folder" ] || path+=":$folder"
  done
  export LD_LIBRARY_PATH="$path${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}

# find_gpu sets DEVICE. On a machine with a GPU its tests must not skip.
find_gpu() {
  if nvidia-smi -L >/dev/null 2>&1; then
    DEVICE=cuda
    export SIMGAN_GPU=require
  else
    DEVICE=cpu
    say "no GPU (nvidia-smi -L lists none): running on the CPU, with small networks"
  fi
}

simgan() { "$HERE/simgan" "$@"; }

# training NAME STEPS [ARGS...]: sets TRAINING to the arguments of a training that takes seconds, in $WORK/NAME. The
# preset is $PRESET or gaze. The network of l_label is left out: it learns in each run, by sums in another order.
training() {
  TRAINING=(train --preset "${PRESET:-gaze}" --device "$DEVICE" --run "$WORK/$1" --set "train.steps=$2"
    --set train.pretrain_refiner=2 --set train.pretrain_discriminator=1 --set log.every=1 --set guard.patience=0
    --set train.agreement=0
    "${@:3}")
  [ "$DEVICE" = cuda ] || TRAINING+=(--set refiner.width=8 --set refiner.blocks=1 --set discriminator.width=0.25
    --set 'data.synthetic=simulated:eyes,n=40' --set 'data.real=simulated:eyes,domain=real,n=40')
  [ "$DEVICE" = cuda ] || [[ " $* " == *train.batch* ]] || TRAINING+=(--set train.batch=8 --set train.history=24)
}

short() { training "$@" && simgan "${TRAINING[@]}"; }

# last NAME KEY: prints a number from the last line of the run's metrics.
last() { tail -n 1 "$WORK/$1/metrics.jsonl" | sed -n "s/.*\"$2\":\([-0-9.e+]*\).*/\1/p"; }

# note TEXT: prints a line that is shown beside the check's result too.
note() { echo "note: $*"; }

# near A B TOLERANCE: succeeds if A and B differ by at most TOLERANCE times B.
near() {
  awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN {
    d = a - b; if (d < 0) d = -d; if (b < 0) b = -b
    exit !(a != "" && b != "" && d <= t * b)
  }'
}

# same A B TOLERANCE [KEY...]: succeeds if the runs A and B end with the same losses.
same() {
  local key status=0
  for key in "${@:4}"; do
    near "$(last "$1" "$key")" "$(last "$2" "$key")" "$3" ||
      { note "$key is $(last "$1" "$key") in $1, $(last "$2" "$key") in $2"; status=1; }
  done
  return $status
}

check_doctor() { { simgan version && simgan doctor; } | sed -u 's/^/note: /'; }

check_tests() { gpu_tests 2>&1 | sed -uE '/^ *--- |^ +[a-z_]+_test.go/s/^/note: /'; }

gpu_tests() {
  local folder left status=0 start=$SECONDS
  for folder in $(cd "$HERE" && find tests -name run.test -printf '%h\n' | sort); do
    left=$((TESTS_SECONDS - SECONDS + start))
    [ $left -gt 0 ] || { echo "no time is left for $folder: set TESTS_SECONDS to more than $TESTS_SECONDS"; return 1; }
    (cd "$HERE/$folder" && ./run.test -test.v -test.run '^TestGPU' -test.timeout ${left}s) || status=1
  done
  return $status
}

check_train() { short train 3; }

# Steps recorded as CUDA graphs end with the losses of steps that are not recorded. Here recording must succeed.
check_graphs() {
  local bfloat=(--set train.precision=bfloat16) recorded eager
  short eager 60 --set train.capture=off "${bfloat[@]}" &&
    short graphs 60 --set train.capture=on "${bfloat[@]}" || return 1
  recorded=$(last graphs images_per_second) eager=$(last eager images_per_second)
  note "images/s: recorded ${recorded%.*}, not recorded ${eager%.*}"
  same graphs eager 1e-2 L_R L_D
}

# The paper's refiner and discriminator run through fused kernels in recorded steps, and our kernels compile. The first
# time on a machine the plans of every kernel are timed.
check_fused() {
  local log=$WORK/fused/log.txt network status=0
  PRESET=gaze-paper-v1 short fused 20 --set train.capture=on --set train.precision=bfloat16 || return 1
  [ "$DEVICE" = cuda ] || { note "skipped: no GPU"; return; }
  for network in refiner discriminator; do
    grep -q "fused $network: " "$log" && ! grep -q "fused $network off" "$log" &&
      note "$(grep -m 1 -o "fused $network: .*" "$log")" && continue
    note "$(grep -m 1 -o "fused $network off.*" "$log" || echo "$log does not mention the fused $network")"
    status=1
  done
  ! grep -q 'our kernels off' "$log" || { note "$(grep -m 1 -o 'our kernels off.*' "$log")"; status=1; }
  return $status
}

# A run that paused at step 3 and was resumed ends with the losses of a run that did not pause. This holds in float32
# only: in each process cuDNN chooses its algorithms again, and in bfloat16 the choice shows.
check_resume() {
  local float=(--set train.precision=float32)
  short whole 6 "${float[@]}" && short cut 6 "${float[@]}" --until 3 &&
    simgan train --run "$WORK/cut" --resume || return 1
  same cut whole 1e-3 L_R
}

# SIGTERM ends a run with 143 after saving it.
check_stop() {
  local pid code=0
  training stop 100000
  "$HERE/simgan" "${TRAINING[@]}" &
  pid=$!
  for _ in $(seq 600); do
    [ ! -s "$WORK/stop/metrics.jsonl" ] || break
    sleep 0.1
  done
  kill -TERM $pid
  wait $pid || code=$?
  [ $code = 143 ] || { note "exit code $code, not 143"; return 1; }
  grep -q 'stopped at .* and saved' "$WORK/stop/log.txt"
}

# bfloat16 starts with float32's losses.
check_bfloat16() {
  short float32 1 --set train.precision=float32 && short bfloat16 1 --set train.precision=bfloat16 || return 1
  same bfloat16 float32 0.02 L_D
}

# Images resident on the device give the losses of streamed ones, and the device does not wait for the loader.
check_resident() {
  local float=(--set train.precision=float32)
  short streamed 20 "${float[@]}" --set data.resident=off && short resident 20 "${float[@]}" --set data.resident=on &&
    short auto 1 --set data.resident=auto || return 1
  note "loader_wait_share: streamed $(last streamed loader_wait_share), resident $(last resident loader_wait_share)"
  grep -q resident "$WORK/resident/log.txt" || { note "log.txt does not say resident"; return 1; }
  same resident streamed 1e-3 L_R
}

# A batch that fits no device is refused with a line that says so, and the process ends by itself.
check_memory() {
  local said
  if said=$(short large 1 --set train.history=0 --set train.batch=1000000 2>&1); then
    note "1,000,000 images fitted"
    return 1
  fi
  echo "$said"
  grep -q memory <<<"$said"
}

# check NAME...: writes the output of the checks to check.txt as it comes. It prints their results and notes, and the
# end of the output of a check that failed.
check() {
  local name start verdict failed=0
  for name in "$@"; do
    declare -F "check_$name" >/dev/null || die "no check is called $name: use $CHECKS"
  done
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/simgan-check.XXXXXX")
  date '+%F %T' >>"$OUT/check.txt"
  for name in "$@"; do
    start=$SECONDS verdict='ok    '
    echo "== $name" >>"$OUT/check.txt"
    (check_"$name") 2>&1 | tee "$WORK/$name.txt" >>"$OUT/check.txt" || verdict=FAILED failed=1
    echo "$verdict  $name ($((SECONDS - start)) s)" | tee -a "$OUT/check.txt"
    [ "$verdict" != FAILED ] || grep -v '^note: ' "$WORK/$name.txt" | tail -n 20 || true
    sed -n 's/^note: /        /p' "$WORK/$name.txt"
  done
  [ $failed = 1 ] || rm -rf "$WORK"
  return $failed
}

# bench PRESET...: measures one preset after the other. The figures so far are kept if a later preset fails or the time
# is up.
bench() {
  [ $DEVICE = cuda ] || die "no GPU: use make bench for a CPU"
  [ -n "${CC:-}" ] || command -v gcc clang >/dev/null ||
    say "no C compiler, which torch.compile needs: install gcc or set CC, or that contestant fails"
  local preset presets=() name=bench-gpu
  [ $# != 1 ] || name+="-${1%%,*}"
  for preset in "$@"; do
    [ "$preset" != gaze ] || preset=gaze,train.batch=512
    presets+=(--preset "$preset")
  done
  simgan bench train --device cuda --python "$(command -v "$PYTHON")" --script "$HERE/parity.py" "${presets[@]}" \
    --rounds 2 --json "$OUT/$name.json" --markdown "$OUT/$name.md"
}

find_torch
use_torch
mkdir -p "$OUT"
case ${1:-} in
check)
  shift
  find_gpu
  names=("$@")
  [ $# -gt 0 ] || read -ra names <<<"${CHECKS% tests}"
  check "${names[@]}"
  ;;
bench)
  shift
  find_gpu
  names=("$@")
  [ $# -gt 0 ] || read -ra names <<<"$BENCH"
  bench "${names[@]}"
  ;;
simgan)
  shift
  simgan "$@"
  ;;
where) echo "$TORCH" ;;
*) die "use check [NAME...], bench [PRESET...], simgan ARGS... or where" ;;
esac
