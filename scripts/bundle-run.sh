#!/usr/bin/env bash
# simgan and its GPU tests on this machine's own Python torch 2.11.0, found through $PYTHON or python3. Put into the bundle as
# run.sh by scripts/bundle.sh:
#
#   run.sh check [NAME...]   all checks of docs/gpu-checks.md, or those named; exit 1 where one fails
#   run.sh bench             speed beside PyTorch: bench-gpu.json and .md
#   run.sh simgan ARGS...    the program
#   run.sh where             the torch that was found
#
# Files go to $OUT, else to ./bundle-out. Without a GPU the checks run on the CPU, those that need one are skipped.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
readonly HERE VERSION=2.11.0 PYTHON=${PYTHON:-python3}
readonly OUT=${OUT:-$PWD/bundle-out}
readonly CHECKS='doctor tests train resume stop bfloat16 resident memory'

say() { echo "run.sh: $*" >&2; }
die() { say "$*"; exit 1; }

# The folder of the Python's torch, found without importing it.
find_torch() {
  local found
  found=$("$PYTHON" -c 'import importlib.metadata as m, importlib.util as u, os
print(m.version("torch").split("+")[0], os.path.dirname(u.find_spec("torch").origin))' 2>/dev/null) ||
    die "$PYTHON has no torch: set PYTHON to one with torch $VERSION"
  [ "${found%% *}" = "$VERSION" ] || die "$PYTHON has torch ${found%% *}, not $VERSION: set PYTHON to one that has"
  TORCH=${found#* }
  [ -e "$TORCH/lib/libtorch_cpu.so" ] || die "$TORCH/lib holds no libtorch_cpu.so"
}

# Goes before what the binaries remember of the machine that built them.
use_torch() {
  local path="$HERE/lib:$TORCH/lib" folder
  for folder in "${TORCH%/torch}"/nvidia/*/lib; do
    [ ! -d "$folder" ] || path+=":$folder"
  done
  export LD_LIBRARY_PATH="$path${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}

# Where there is a GPU its tests must not skip.
find_gpu() {
  if nvidia-smi -L >/dev/null 2>&1; then
    DEVICE=cuda
    export SIMGAN_GPU=require
  else
    DEVICE=cpu
    say "no GPU (nvidia-smi -L lists none): on the CPU, with small networks"
  fi
}

simgan() { "$HERE/simgan" "$@"; }

# training NAME STEPS [ARGS...]: sets TRAINING to the arguments of a training of seconds in $OUT/NAME.
training() {
  TRAINING=(train --preset gaze --device "$DEVICE" --run "$OUT/$1" --set "train.steps=$2" --set train.pretrain_refiner=2
    --set train.pretrain_discriminator=1 --set log.every=1 --set guard.patience=0 "${@:3}")
  [ "$DEVICE" = cuda ] || TRAINING+=(--set refiner.width=8 --set refiner.blocks=1 --set discriminator.width=0.25
    --set 'data.synthetic=simulated:eyes,n=40' --set 'data.real=simulated:eyes,domain=real,n=40')
  [ "$DEVICE" = cuda ] || [[ " $* " == *train.batch* ]] || TRAINING+=(--set train.batch=8 --set train.history=24)
}

short() { training "$@" && simgan "${TRAINING[@]}"; }

# last NAME KEY: a number of the run's last line of metrics.
last() { tail -n 1 "$OUT/$1/metrics.jsonl" | sed -n "s/.*\"$2\":\([-0-9.e+]*\).*/\1/p"; }

# near A B TOLERANCE: whether A is within the part TOLERANCE of B.
near() { awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN { d = a - b; if (d < 0) d = -d; if (b < 0) b = -b; exit !(a != "" && b != "" && d <= t * b) }'; }

check_doctor() { simgan version && simgan doctor; }

check_tests() {
  local folder status=0
  for folder in "$HERE"/tests/*/; do
    (cd "$folder" && ./run.test -test.v -test.run '^TestGPU' -test.timeout 8m) || status=1
  done
  return $status
}

check_train() { short train 3; }

# A run that paused at step 3 and went on ends in the losses of one that did not.
check_resume() {
  short whole 6 && short cut 6 --until 3 && simgan train --run "$OUT/cut" --resume || return 1
  near "$(last cut L_R)" "$(last whole L_R)" 1e-3 || { echo "L_R is $(last cut L_R), without the pause $(last whole L_R)"; return 1; }
}

# SIGTERM ends a run with 143 and a checkpoint from which it goes on.
check_stop() {
  local pid code=0
  training stop 100000
  "$HERE/simgan" "${TRAINING[@]}" &
  pid=$!
  for _ in $(seq 600); do
    [ ! -s "$OUT/stop/metrics.jsonl" ] || break
    sleep 0.1
  done
  kill -TERM $pid
  wait $pid || code=$?
  [ $code = 143 ] || { echo "exit code $code, not 143"; return 1; }
  ls -d "$OUT"/stop/checkpoints/step-*/state.json >/dev/null
}

# bfloat16 begins with float32's losses.
check_bfloat16() {
  short float32 1 --set train.precision=float32 && short bfloat16 1 --set train.precision=bfloat16 || return 1
  near "$(last bfloat16 L_D)" "$(last float32 L_D)" 0.02 || { echo "L_D is $(last bfloat16 L_D), in float32 $(last float32 L_D)"; return 1; }
}

# Images resident on the device give the losses of streamed ones, and the loader does not hold the device up.
check_resident() {
  short streamed 20 --set data.resident=off && short resident 20 --set data.resident=on && short auto 1 --set data.resident=auto || return 1
  grep -q resident "$OUT/resident/log.txt" || { echo "log.txt does not say resident"; return 1; }
  near "$(last resident L_R)" "$(last streamed L_R)" 1e-3 || { echo "L_R is $(last resident L_R), streamed $(last streamed L_R)"; return 1; }
  echo "loader_wait_share: streamed $(last streamed loader_wait_share), resident $(last resident loader_wait_share)"
}

# A batch that no device holds is refused in a line that says so; the process ends by itself.
check_memory() {
  local said
  if said=$(short large 1 --set train.history=0 --set train.batch=2000000 2>&1); then echo "2,000,000 images fitted"; return 1; fi
  grep -q memory <<<"$said" || { echo "$said"; return 1; }
}

check() {
  local name start failed=0
  rm -rf "$OUT"/{train,whole,cut,stop,float32,bfloat16,streamed,resident,auto,large}
  for name in "$@"; do
    declare -F "check_$name" >/dev/null || die "no check is called $name: use $CHECKS"
    start=$SECONDS
    if (check_"$name") >"$OUT/$name.txt" 2>&1; then
      echo "ok      $name ($((SECONDS - start)) s)"
    else
      echo "FAILED  $name ($((SECONDS - start)) s): $OUT/$name.txt"
      tail -n 20 "$OUT/$name.txt"
      failed=1
    fi
    [ "$name" != resident ] || tail -n 1 "$OUT/resident.txt"
    [ "$name" != doctor ] || cat "$OUT/doctor.txt"
    [ "$name" != tests ] || grep -hE '^ *--- |^ +[a-z_]+_test.go' "$OUT/tests.txt" || true
  done
  return $failed
}

bench() {
  [ $DEVICE = cuda ] || die "no GPU: bench on a CPU is make bench"
  simgan bench train --device cuda --python "$(command -v "$PYTHON")" --script "$HERE/parity.py" --preset gaze,train.batch=512 --preset hand \
    --rounds 3 --json "$OUT/bench-gpu.json" --markdown "$OUT/bench-gpu.md"
}

find_torch
use_torch
mkdir -p "$OUT"
case ${1:-} in
check)
  shift
  find_gpu
  names=("$@")
  [ $# -gt 0 ] || read -ra names <<<"$CHECKS"
  check "${names[@]}"
  ;;
bench)
  find_gpu
  bench
  ;;
simgan)
  shift
  simgan "$@"
  ;;
where) echo "$TORCH" ;;
*) die "use check [NAME...], bench, simgan ARGS... or where" ;;
esac
