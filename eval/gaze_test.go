package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models/architecture"
	"simgan/trainer"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

func TestAngle(t *testing.T) {
	for _, c := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{0, 0, -1}, []float32{0, 0, -2}, 0},
		{[]float32{0, 0, -1}, []float32{0, -1, -1}, 45},
		{[]float32{1, 0, 0}, []float32{-3, 0, 0}, 180},
	} {
		if got := angle(c.a, c.b); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("angle of %v and %v is %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// A small run is trained, refined to a folder and evaluated: every image once a variant, labels kept, all figures
// there.
func TestRefineAndEvaluateARun(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	config, err := config.Load("gaze-demo", "", []string{
		"refiner.width=4", "refiner.blocks=1", "discriminator.width=0.1", "train.batch=4", "train.history=8", "device=cpu",
		"train.pretrain_refiner=1", "train.pretrain_discriminator=1", "train.steps=1", "train.precision=float32",
		"data.synthetic=simulated:eyes,n=10", "data.real=simulated:eyes,domain=real,n=8",
		"data.test=simulated:eyes,domain=real,n=6,seed=4",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := teachAndRun(t, config, run); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "refined")
	o := RefineOptions{
		Run:      run,
		Data:     config.Data.Synthetic,
		Out:      out,
		Variants: 2,
		Device:   cgo.CPU,
		Progress: func(int, int) {},
	}
	if _, err := RefineSet(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	refined, err := data.Open("folder:" + out)
	if err != nil {
		t.Fatal(err)
	}
	source, err := data.Open(config.Data.Synthetic)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		r, err := refined.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		s, err := source.Sample(i / 2)
		if err != nil {
			t.Fatal(err)
		}
		for k := range s.Label {
			if r.Label[k] != s.Label[k] {
				t.Errorf("image %d: label %v, source has %v", i, r.Label, s.Label)
			}
		}
	}
	seed := config.Seed
	for more, same := range map[uint64]bool{0: true, 1: false} {
		s, o := seed+more, o
		o.Seed, o.Out = &s, filepath.Join(t.TempDir(), "again")
		if _, err := RefineSet(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		a, aErr := os.ReadFile(filepath.Join(out, "0000003_v1.png"))
		b, bErr := os.ReadFile(filepath.Join(o.Out, "0000003_v1.png"))
		if aErr != nil || bErr != nil || bytes.Equal(a, b) != same {
			t.Errorf("seed %d: the run's images: %t; %v, %v", s, bytes.Equal(a, b), aErr, bErr)
		}
	}
	cancelled, cancel := context.WithCancelCause(context.Background())
	cancel(exit.ErrStopped)
	o.Out += "2"
	if _, err := RefineSet(cancelled, o); !errors.Is(err, exit.ErrStopped) {
		t.Errorf("a cancelled refining returned %v", err)
	}
	if _, err := os.Stat(o.Out); err == nil {
		t.Error("a cancelled refining left its folder")
	}
	var said bytes.Buffer
	result, err := Gaze(context.Background(), Options{
		Runs: []string{run}, Seeds: 2, Variants: 2, Out: &said, SelfTraining: true,
		Estimator: EstimatorConfig{Steps: 2, Batch: 4, LR: 1e-3, Device: cgo.CPU},
	})
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, result, 2)
	if strings.Contains(said.String(), "warning") {
		t.Errorf("test images of their own: %s", said.String())
	}
	_, err = Gaze(context.Background(), Options{
		Runs: []string{run}, Test: config.Data.Real, Only: "real", Seeds: 1, Variants: 1, Out: &said,
		Estimator: EstimatorConfig{Steps: 1, Batch: 1, LR: 1e-3, Device: cgo.CPU},
	})
	if err != nil || !strings.Contains(said.String(), "warning: estimators are trained on images of "+config.Data.Real) {
		t.Errorf("tested on training images: %v, %s", err, said.String())
	}
	checkRefusals(t, run, cancelled)
	checkPairs(t, run, cancelled)
	saved := filepath.Join(t.TempDir(), "estimators")
	only, err := Gaze(context.Background(), Options{
		Runs: []string{run}, Save: saved, Only: "refined", Seeds: 2, Variants: 2, Out: io.Discard,
		Estimator: EstimatorConfig{Steps: 2, Batch: 4, LR: 1e-3, Device: cgo.CPU},
	})
	if err != nil {
		t.Fatal(err)
	}
	if only.Synthetic != nil || only.Real != nil || only.GapClosed != nil ||
		only.Refined.MeanDegrees != result.Refined.MeanDegrees {
		t.Errorf("refined only: %+v, all: %+v", only.Refined, result.Refined)
	}
	trainOnFeatures(t, config, filepath.Join(saved, "refined-seed-2.safetensors"))
	exportWithoutData(t, run, config.Data.Synthetic)
}

// checkRows wants every row to have figures of N estimators, each of 2 steps.
func checkRows(t *testing.T, r *GazeResult, estimators int) {
	t.Helper()
	rows := maps.Collect(r.Rows())
	for _, name := range rowNames {
		want := estimators
		switch name {
		case rowRefined, rowRefinedControl, rowRefinedSelf:
			want *= len(r.GANSeeds)
		}
		if r.ControlSelf == nil && (name == rowControlSelf || name == rowRefinedSelf) {
			continue
		}
		f := rows[name]
		if f == nil || len(f.PerSeed) != want || !(f.MeanDegrees > 0 && f.MeanDegrees < 180) {
			t.Errorf("%s: %+v, want %d estimators", name, f, want)
		}
		if steps := r.EstimatorSteps[RowKey(name)]; len(steps) != want || slices.Max(steps) != 2 {
			t.Errorf("%s: steps %v, want 2 of %d estimators", name, steps, want)
		}
	}
	if r.Adaptation == nil || !(r.Adaptation.Distance < r.Adaptation.Before) {
		t.Errorf("control: %+v", r.Adaptation)
	}
}

// Two runs of different seeds are two refiners in the rows of refined images, also if they were trained on different
// processors. Runs of one seed, or of other renders, are refused.
func TestSeveralRefiners(t *testing.T) {
	dir := t.TempDir()
	settings := []string{
		"refiner.width=4", "refiner.blocks=1", "discriminator.width=0.1", "train.batch=4", "train.history=8", "device=cpu",
		"train.pretrain_refiner=1", "train.pretrain_discriminator=1", "train.steps=1", "train.precision=float32",
		"train.agreement=0",
		"data.real=simulated:eyes,domain=real,n=8",
		"data.test=simulated:eyes,domain=real,n=6,seed=4",
	}
	var runs []string
	for name, own := range map[string][]string{
		"a": {"seed=7", "data.synthetic=simulated:eyes,n=10"},
		"b": {"seed=9", "data.synthetic=simulated:eyes,n=10", "train.kernels=libtorch", "data.workers=1"},
		"c": {"seed=8", "data.synthetic=simulated:eyes,n=11"},
	} {
		c, err := config.Load("gaze-demo", "", append(own, settings...))
		if err != nil {
			t.Fatal(err)
		}
		run := filepath.Join(dir, name)
		if err := trainer.Run(context.Background(), c, trainer.Options{Dir: run, Out: io.Discard}); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	slices.Sort(runs)
	o := Options{
		Runs: runs[:2], Seeds: 2, Variants: 1, Out: io.Discard,
		Estimator: EstimatorConfig{Steps: 2, Batch: 4, LR: 1e-3, Device: cgo.CPU},
	}
	result, err := Gaze(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(result.GANSeeds, []uint64{7, 9}) {
		t.Errorf("GAN seeds %v", result.GANSeeds)
	}
	checkRows(t, result, 2)
	for want, runs := range map[string][]string{
		"as a run before it": {runs[0], runs[0]},
		"in more than its seed (data.synthetic simulated:eyes,n=10 -> simulated:eyes,n=11)": {runs[0], runs[2]},
	} {
		o.Runs = runs
		if _, err := Gaze(context.Background(), o); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", runs, err, want)
		}
	}
	if err := os.Remove(filepath.Join(runs[1], rundir.DoneFile)); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(dir, "none")
	for want, run := range map[string]string{"b is not finished": runs[1], none + "/config.yaml: no such file": none} {
		o.Runs = []string{runs[0], run}
		if _, err := Gaze(context.Background(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", run, err, want)
		}
	}
}

// checkRefusals: what no estimator could be trained with is refused, and a cancelled call ends with the cause.
func checkRefusals(t *testing.T, run string, cancelled context.Context) {
	t.Helper()
	good := Options{
		Runs:      []string{run},
		Seeds:     1,
		Variants:  1,
		Out:       io.Discard,
		Estimator: EstimatorConfig{Steps: 1, Batch: 1, LR: 1e-3, Device: cgo.CPU},
	}
	for want, spoil := range map[string]func(o *Options){
		"batch is -1":   func(o *Options) { o.Estimator.Batch = -1 },
		"batch is 0":    func(o *Options) { o.Estimator.Batch = 0 },
		"steps is -5":   func(o *Options) { o.Estimator.Steps = -5 },
		"lr is -1":      func(o *Options) { o.Estimator.LR = -1 },
		"lr is NaN":     func(o *Options) { o.Estimator.LR = math.NaN() },
		"variants is 0": func(o *Options) { o.Variants = 0 },
		"1x36x60":       func(o *Options) { o.Test = "simulated:eyes,n=2,size=36x60" },
	} {
		o := good
		spoil(&o)
		if _, err := Gaze(context.Background(), o); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one that says %q", err, want)
		}
	}
	if _, err := Gaze(cancelled, good); !errors.Is(err, exit.ErrStopped) || strings.Contains(err.Error(), "estimator") {
		t.Errorf("a cancelled call: %v", err)
	}
}

// By hand: seeds that close 2 of 4 and 1 of 4 degrees; real images no better than synthetic ones of one seed.
func TestShareOfTheGap(t *testing.T) {
	if s := share([]float64{10, 8}, []float64{8, 7}, []float64{6, 4}, 2); s == nil || s.Mean != 0.375 {
		t.Errorf("share is %+v, want 0.375", s)
	}
	for _, second := range []float64{8, 9, math.NaN()} {
		r := Result[Figures]{
			Task:      "gaze",
			Seeds:     []uint64{1, 2},
			Synthetic: &Figures{PerSeed: []float64{10, 8}},
			Refined:   &Figures{PerSeed: []float64{8, 7}},
			Real:      &Figures{},
			Data:      Specs{Synthetic: "a:b", Test: "c:d"},
		}
		r.GapClosed = share(r.Synthetic.PerSeed, r.Refined.PerSeed, []float64{6, second}, 2)
		r.read(task{quantity: meanError}, func(f *Figures) []float64 { return f.PerSeed })
		text, err := json.Marshal(r)
		if err != nil || strings.Contains(string(text), "gap_closed") || !strings.Contains(r.Table(), "c:d") ||
			!strings.Contains(r.Table(), "no gap between synthetic and real") {
			t.Errorf("real %v: %v %s\n%s", second, err, text, r.Table())
		}
	}
}

// trainOnFeatures trains with the first layers of a saved estimator as psi: l_reg differs from that of the identity.
func trainOnFeatures(t *testing.T, c config.Config, weights string) {
	t.Helper()
	reg := map[string]any{}
	for _, psi := range []architecture.Psi{architecture.IdentityPsi, architecture.LearnedPsi} {
		c.Train.Psi, c.Train.PsiWeights = psi, weights
		run := filepath.Join(t.TempDir(), string(psi))
		if err := teachAndRun(t, c, run); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(run, "metrics.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		var first map[string]any
		if err := json.Unmarshal(bytes.SplitN(text, []byte("\n"), 2)[0], &first); err != nil {
			t.Fatal(err)
		}
		reg[string(psi)] = first["l_reg"]
	}
	if l, ok := reg["learned"].(float64); !ok || l <= 0 || l == reg["identity"] {
		t.Errorf("l_reg by psi: %v", reg)
	}
}
