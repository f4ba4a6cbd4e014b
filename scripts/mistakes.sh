#!/usr/bin/env bash
# Puts each mistake of public SimGAN implementations into a copy of the code, one at a time, and checks that a test of the
# named package fails. A mistake that no test sees ends this with 1. Some minutes. Run by hand: make mistakes
# With an argument, a pattern, only mistakes whose names match it: bash scripts/mistakes.sh 'process|average'
# With --edits it only checks that each edit still finds its place; make lint does so.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
COPY=$(mktemp -d)
trap 'rm -rf "$COPY"' EXIT
unseen=0
chosen=${1:-}
edits=
if [ "$chosen" = --edits ]; then edits=1 chosen=; fi

# prepare FILE PACKAGE: the copy builds; with its own libraries if its C++ has changed.
prepare() {
  . build/env.sh
  cd "$COPY" || exit 1
  if [[ $1 == *.cc ]]; then
    XDG_CACHE_HOME="$COPY/build/cache" LIBTORCH="$SIMGAN_LIBTORCH" bash scripts/setup.sh 2>/dev/null || return
    . build/env.sh
  fi
  go vet "./$2" >/dev/null 2>&1
  local result=$?
  cd - >/dev/null || exit 1
  return $result
}

# mistake NAME FILE PERL PACKAGE [TESTS]: PERL edits FILE as one string. TESTS is a pattern of the package's tests.
mistake() {
  [[ $1 =~ $chosen ]] || return
  if perl -0pe "$3" "$2" | cmp -s "$2" -; then
    echo "NOT PUT IN  $1: $2 has changed, fix scripts/mistakes.sh"
    unseen=1
    return
  fi
  [ -z "$edits" ] || return
  rm -rf "${COPY:?}"/*
  git ls-files -co --exclude-standard | tar -c -T - | tar -x -C "$COPY"
  perl -0pi -e "$3" "$COPY/$2"
  if ! go test ${5:+-run "$5"} "./$4" >/dev/null 2>&1; then # Go remembers that a package's tests pass
    echo "NOT TESTED  $1: tests of $4 fail without it, fix them"
    unseen=1
  elif ! prepare "$2" "$4"; then
    echo "NOT BUILT   $1: fix this script"
    unseen=1
  elif failed=$(cd "$COPY" && go test ${5:+-run "$5"} "./$4" 2>&1); then
    echo "UNSEEN      $1"
    unseen=1
  else
    echo "seen        $1: $(grep -o -- '--- FAIL: [A-Za-z0-9]*' <<<"$failed" | head -n 1 | cut -c11-)"
  fi
}

. build/env.sh
export OMP_NUM_THREADS=1
mistake "history never fills" trainer/simgan/history.go 's/n = min\(n, b\.size\)/n = 0/' trainer/simgan
mistake "history's images are not the refined ones" trainer/simgan/history.go 's/if err := cgo\.PutRows\(b\.images, places, incoming\); err != nil \{/var err error\n\tif _ = incoming; err != nil {/' trainer/simgan
mistake "history gives more than half" trainer/simgan/history.go 's/old := min\(n, /old := min(n*3\/2, /' trainer/simgan
mistake "softmax over the wrong axis" cgo/libsimgan/losses.cc 's/log_softmax\(t\.to\(at::kFloat\), 1\)/log_softmax(t.to(at::kFloat), 2)/' models
mistake "ReLU on the logits" models/discriminator.go 's/if next < len\(d\.norms\) \{\n\t\t\tx = s\.ReLUInPlace\(d\.norms\[next\]\.forward\(s, x, training\)\)/x = s.ReLU(x)\n\t\tif next < len(d.norms) {\n\t\t\tx = d.norms[next].forward(s, x, training)/' models
mistake "no adversarial gradient reaches R" trainer/simgan/steps.go 's/m\.D\.Forward\(s, refined, true\), m\.weights/m.D.Forward(s, s.Detach(refined), true), m.weights/' trainer/simgan
mistake "lambda changes with the batch size" models/losses.go 's/lambda\/float64\(b\), limit/lambda, limit/' models
mistake "D learns while R trains" trainer/simgan/steps.go 's/m\.D\.Freeze\(true\)/m.D.Freeze(false)/' trainer/simgan
mistake "R learns while D trains" trainer/simgan/steps.go 's/err := cgo\.NoGrad\(func\(\) error \{\n(\t+return cgo\.AutocastIf.*?\n\t\t\}\))\n\t\}\)/err := func() error {\n$1\n\t}()/s' trainer/simgan
mistake "R is pretrained with the full loss" trainer/simgan/algorithm.go 's/m\.updateR\(ctx, x, false\)/m.updateR(ctx, x, true)/' trainer
mistake "R's Adam keeps what it saw in pretraining" trainer/simgan/algorithm.go 's/return m\.optR\.Reset\(\)/return nil/' trainer/simgan IsReset
mistake "R is pretrained with a limit on l_reg" trainer/simgan/steps.go 's/if !adversary \{ \/\/ far/if adversary { \/\/ far/' trainer/simgan Pretraining
mistake "width and height swapped on resize" data/picture/resize.go 's/(func \(m Image\) Resize\(h, w int\) Image \{)/$1\n\th, w = w, h/' data/picture
mistake "a contrast stretch an image on export" data/picture/unit.go 's/for i, v := range pixels \{\n\t\tm\.Pix/low, high := pixels[0], pixels[0]\n\tfor _, v := range pixels {\n\t\tlow, high = min(low, v), max(high, v)\n\t}\n\tfor i, v := range pixels {\n\t\tv = (v-low)\/(high-low+1e-9)*2 - 1\n\t\tm.Pix/' data/picture
mistake "scaling by 256 before the cast" data/picture/unit.go 's/top := float64\(int\(1\)<<bits - 1\)/top := float64(int(1) << bits)/' data/picture
mistake "the last partial batch dropped on export" eval/refine.go 's/from < end; from \+= refineBatch/from+refineBatch <= end; from += refineBatch/' eval
mistake "one shuffle for all epochs" data/order.go 's/rand\.NewPCG\(o\.seed, uint64\(epoch\)\)/rand.NewPCG(o.seed, 0)/' data
mistake "resume restores only weights: no optimizer" trainer/simgan/model.go 's/add\("optimizer\."\+name\+"\."\+moment, tensors\)/_, _, _ = name, moment, tensors/' trainer/simgan
mistake "resume restores only weights: no noise state" trainer/simgan/state.go 's/return m\.noise\.Restore\(state\)/return nil/' trainer/simgan
mistake "resume restores only weights: loaders start again" trainer/run.go 's/r\.synthetic\.Start\(st\.Synthetic\)/r.synthetic.Start(data.Position{})/' trainer
mistake "resume forgets the open log window" trainer/simgan/state.go 's/return m\.meter\.restore\(m\.device, st\.Window\)/return nil/' trainer/simgan
mistake "checkpoints hold NaN" models/weights.go 's/if v-v != 0 \{/if false {/' models
mistake "guards judge the history's images" trainer/simgan/watch.go 's/refined, y = s\.Narrow\(refined, 0, 0, n\)/refined, y = s.Narrow(refined, 0, s.Shape(refined)[0]-n, n)/' trainer/simgan
mistake "processes sum gradients" cgo/libsimgan/process_group.cc 's/  flat\.div_\(group\(g\)\.size\);\n//' parallel
mistake "processes draw the same images" data/slice.go 's/ \+ s\.rank\*s\.batch//' data
mistake "processes draw the same noise" trainer/simgan/networks.go 's/noiseStream\+ofRank\(rank\)/noiseStream/' cmd/simgan ProcessesResume
mistake "processes choose the same old images" trainer/simgan/model.go 's/\+ofRank\(m\.group\.Rank\(\)\)//' cmd/simgan ProcessesResume
mistake "each process keeps the whole history" trainer/config/shares.go 's/c\.Train\.History\/History\(n\)/c.Train.History/' trainer/config
mistake "gradients of D stay with their process" trainer/simgan/steps.go 's/m\.joinGradients\(m\.D\.Params\(\)\)/error(nil)/' cmd/simgan ProcessesResume
mistake "the average follows in process 0 only" trainer/simgan/steps.go 's/if m\.Average == nil \{/if m.Average == nil || m.group.Rank() > 0 {/' cmd/simgan ProcessesResume
mistake "a process resumes with another's history" trainer/histories.go 's/historyFile\(rank\)\)/historyFile(0*rank))/' cmd/simgan ProcessesResume
exit $unseen
