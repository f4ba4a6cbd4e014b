package experiment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simgan/internal/exit"
	"simgan/trainer/config"
)

// fake returns options of a small experiment whose runs are those of testdata/simgan.
func fake(t *testing.T) Options {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "simgan")
	if text, err := exec.Command("go", "build", "-o", program, "testdata/simgan/main.go").CombinedOutput(); err != nil {
		t.Fatalf("the fake simgan does not build: %v: %s", err, text)
	}
	t.Setenv("FAKE_LOG", filepath.Join(dir, "calls"))
	return Options{
		Out: filepath.Join(dir, `out "of" it's`), Seeds: 2, EvalSeeds: 2, Parallel: 1, Command: []string{program}, Log: &bytes.Buffer{},
	}
}

// calls returns the commands that the fake was called with.
func calls(t *testing.T) (commands []string) {
	t.Helper()
	text, err := os.ReadFile(os.Getenv("FAKE_LOG"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		command, _, _ := strings.Cut(line, " ")
		commands = append(commands, command)
	}
	return commands
}

func find(t *testing.T, name string) Experiment {
	t.Helper()
	for _, e := range All() {
		if e.Name == name {
			return e
		}
	}
	t.Fatalf("there is no experiment %q", name)
	return Experiment{}
}

func readResult(t *testing.T, dir string) (r Result) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, resultFile))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every variant is trained with every seed and evaluated; rows that all share are evaluated once, and shares are those
// of the first variant's rows. A call again does nothing.
func TestExperiment(t *testing.T) {
	o := fake(t)
	if err := Run(context.Background(), find(t, "history"), o); err != nil {
		t.Fatal(err)
	}
	want := []string{"train", "train", "eval", "train", "train", "eval", "eval"}
	if got := calls(t); !slices.Equal(got, want) {
		t.Errorf("calls %v, want %v", got, want)
	}
	r := readResult(t, o.Out)
	type line struct {
		name        string
		mean, share float64
	}
	var lines []line
	for _, l := range r.Lines {
		share := 0.0
		if l.GapClosed != nil {
			share = math.Round(1000*l.GapClosed.Mean) / 1000
		}
		lines = append(lines, line{l.Name(), math.Round(1000*l.Mean) / 1000, share})
	}
	// Means over seeds 1, 2 and estimators 0, 0.1: refined 6.55, so (10.05 - 6.55) / (10.05 - 4.05), and so on.
	expected := []line{
		{"synthetic", 10.05, 0}, {"control", 8.05, 0},
		{"history of 256 images: refined", 6.55, 0.583}, {"history of 256 images: refined+control", 6.55, 0.375},
		{"no history: refined", 8.55, 0.25}, {"no history: refined+control", 8.55, -0.125}, {"real", 4.05, 0},
	}
	if diff := cmp.Diff(expected, lines, cmp.AllowUnexported(line{})); diff != "" {
		t.Error(diff)
	}
	for file, want := range map[string]string{
		pageFile: "no history: refined<", plotFile: `xmlns="http://www.w3.org/2000/svg"`,
		tableFile: "| no history: refined | 8.55 (7.00 to 9.00) | +2.00 | 50.0 % | 25 % (",
	} {
		text, err := os.ReadFile(filepath.Join(o.Out, file))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %q: %s, %v", file, want, text, err)
		}
	}
	if err := Run(context.Background(), find(t, "history"), o); err != nil || len(calls(t)) != len(want) {
		t.Errorf("called again: %v, calls %v", err, calls(t))
	}
	o.EvalFlags = []string{"--self-training"}
	if err := Run(context.Background(), find(t, "history"), o); !errors.Is(err, exit.ErrUsage) {
		t.Errorf("rows that the table does not have: %v", err)
	}
	o.EvalFlags, o.EvalSeeds = nil, 3
	if err := Run(context.Background(), find(t, "history"), o); !errors.Is(err, exit.ErrUsage) {
		t.Errorf("other options in the same folder: %v", err)
	}
}

// An experiment that is stopped in a training or an evaluation goes on there.
func TestExperimentGoesOn(t *testing.T) {
	for _, stop := range []string{"2", "3", "6"} {
		o := fake(t)
		t.Setenv("FAKE_STOP", stop)
		first := Run(context.Background(), find(t, "history"), o)
		if first == nil {
			t.Errorf("stopped at call %s: no error", stop)
		}
		t.Setenv("FAKE_STOP", "")
		if err := Run(context.Background(), find(t, "history"), o); err != nil {
			t.Fatal(err)
		}
		r := readResult(t, o.Out)
		if len(r.Lines) != 7 || r.Missing != nil {
			t.Errorf("stopped at call %s: %d lines, missing %v", stop, len(r.Lines), r.Missing)
		}
		for _, l := range r.Lines {
			if refined := l.Variant != ""; refined && len(l.PerSeed) != 4 { // two refiners, two estimators
				t.Errorf("stopped at call %s: %s has %d figures", stop, l.Name(), len(l.PerSeed))
			}
		}
		if got := calls(t); len(got) != 8 {
			t.Errorf("stopped at call %s: calls %v", stop, got)
		}
	}
}

// A run that diverges is named, and the others count.
func TestExperimentWithAFailedRun(t *testing.T) {
	o := fake(t)
	t.Setenv("FAKE_DIVERGES", "1")
	if err := Run(context.Background(), find(t, "history"), o); err != nil {
		t.Fatal(err)
	}
	r := readResult(t, o.Out)
	if len(r.Missing) != 1 || !strings.Contains(r.Missing[0], "no history, seed 2: diverged: L_D is NaN") {
		t.Errorf("missing %v", r.Missing)
	}
	l := r.Lines[4]
	if l.Variant != "no history" || math.Abs(l.Mean-8.05) > 1e-9 || len(l.PerSeed) != 2 || l.Difference != nil {
		t.Errorf("%+v", l)
	}
	// Without what is left of it, the run is made again, and so are the variant's evaluations.
	t.Setenv("FAKE_DIVERGES", "")
	if err := os.RemoveAll(filepath.Join(o.Out, "variant-2", "trial-0001")); err != nil {
		t.Fatal(err)
	}
	if err := Run(context.Background(), find(t, "history"), o); err != nil {
		t.Fatal(err)
	}
	if r := readResult(t, o.Out); r.Missing != nil || len(r.Lines[4].PerSeed) != 4 || len(r.Lines[5].PerSeed) != 4 {
		t.Errorf("made again: missing %v, %+v", r.Missing, r.Lines[4:6])
	}
}

// If no run of the first variant ends, the next one is evaluated on the rows that all share.
func TestExperimentWithoutItsFirstVariant(t *testing.T) {
	o := fake(t)
	t.Setenv("FAKE_DIVERGES", "first")
	if err := Run(t.Context(), find(t, "history"), o); err != nil {
		t.Fatal(err)
	}
	var names []string
	r := readResult(t, o.Out)
	for _, l := range r.Lines {
		names = append(names, l.Name())
	}
	want := []string{"synthetic", "control", "no history: refined", "no history: refined+control", "real"}
	if !slices.Equal(names, want) || len(r.Missing) != 2 {
		t.Errorf("lines %v, missing %v", names, r.Missing)
	}
	if share := r.Lines[2].GapClosed; share == nil || math.Abs(share.Mean-0.25) > 1e-9 {
		t.Errorf("share of the gap: %+v", share)
	}
	t.Setenv("FAKE_DIVERGES", "all")
	o.Out += " again"
	err := Run(t.Context(), find(t, "history"), o)
	if err == nil || !strings.Contains(err.Error(), "no run of any variant") {
		t.Errorf("if no run ends: %v", err)
	}
}

func TestVariants(t *testing.T) {
	for name, want := range map[string][][]string{
		"gaze-table": {nil, {"data.synthetic=simulated:eyes,domain=synthetic,equalize=true,light=0.7,n=8000,seed=1"}},
		"hand-table": {nil, {
			"data.synthetic=simulated:hands,domain=synthetic,effects=forearm,holes=0.08,n=6000,seed=1,size=64x64",
		}},
		"history": {nil, {"train.history=0"}},
		"local":   {nil, {"discriminator.loss=global"}},
		"psi": {
			{"train.psi=identity"}, {"train.psi=derivatives"}, {"train.psi=mean"},
			{"train.psi=learned", "train.psi_weights=/out/estimators/synthetic-seed-1.safetensors"},
		},
		"lambda": {
			{"train.lambda=0.06"}, {"train.lambda=0.006"}, {"train.lambda=0.018"}, {"train.lambda=0.18"}, {"train.lambda=0.6"},
		},
		"noise": {{"refiner.noise.kind=multiscale"}, {"refiner.noise.kind=pixel"}, {"refiner.noise.kind=none"}},
		"ema":   {nil, {"train.ema=0"}},
	} {
		e := find(t, name)
		base, err := config.Load(e.Preset, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		variants, err := e.variants(base, Options{Out: "/out", Task: e.Task})
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		for _, v := range variants {
			got = append(got, v.Settings)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "other"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	folder := []string{"data.synthetic=folder:a", "data.real=folder:b", "data.test=folder:c"}
	good := Options{Out: filepath.Join(dir, "out"), Seeds: 1, EvalSeeds: 1, Parallel: 1, Log: &bytes.Buffer{}}
	for want, c := range map[string]struct {
		name   string
		change func(o *Options)
	}{
		"--out is missing":     {"history", func(o *Options) { o.Out = "" }},
		"--seeds is 0":         {"history", func(o *Options) { o.Seeds = 0 }},
		"--eval-seeds is -1":   {"history", func(o *Options) { o.EvalSeeds = -1 }},
		"is not empty":         {"history", func(o *Options) { o.Out = dir }},
		"train.history is 0":   {"history", func(o *Options) { o.Settings = []string{"train.history=0"} }},
		"train.ema is 0":       {"ema", func(o *Options) { o.Settings = []string{"train.ema=0"} }},
		"train.lambda is 0":    {"lambda", func(o *Options) { o.Settings = []string{"train.lambda=0"} }},
		"use --task gaze":      {"psi", func(o *Options) { o.Task = "hand" }},
		"--larger SPEC":        {"gaze-table", func(o *Options) { o.Settings = folder }},
		"data.test is not set": {"history", func(o *Options) { o.Settings = folder[:2] }},
		"train.speed":          {"history", func(o *Options) { o.Settings = []string{"train.speed=9"} }},
		"use --task hand":      {"noise", func(o *Options) { o.Preset = "hand-demo" }},
		"--eval-flag=--choose": {"ema", func(o *Options) { o.EvalFlags = []string{"--choose"} }},
		"that would follow":    {"ema", func(o *Options) { o.EvalFlags = []string{"--bogus"} }},
	} {
		o := good
		c.change(&o)
		o.CheckEval = func(args []string) error {
			if slices.Contains(args, "--bogus") {
				return errors.New("there is no flag --bogus")
			}
			return nil
		}
		err := Run(t.Context(), find(t, c.name), o)
		if !errors.Is(err, exit.ErrUsage) {
			t.Errorf("%q: %v", want, err)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
		if _, err := os.Stat(good.Out); err == nil {
			t.Errorf("%q: a folder was made", want)
		}
	}
}

// Of figures of which higher is better, refined images close the gap upwards, and the headings say so.
func TestSharesOfAccuracies(t *testing.T) {
	path := filepath.Join(t.TempDir(), wholeFile)
	text := `{"metric":"accuracy","higher_is_better":true,"synthetic":{"per_seed":[0.5]},"refined":{"per_seed":[0.7]},` +
		`"control":null,"real":{"per_seed":[0.9]}}`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r := &Result{Task: "classification"}
	rows, err := readRows(path, &r.Measure)
	if err != nil {
		t.Fatal(err)
	}
	r.add("", rows, rows, 1, "synthetic", "control", "refined", "real")
	if len(r.Lines) != 3 || r.Lines[1].GapClosed == nil || math.Abs(r.Lines[1].GapClosed.Mean-0.5) > 1e-9 {
		t.Errorf("%+v", r.Lines)
	}
	if r.Heading() != "accuracy" {
		t.Errorf("the heading is %q", r.Heading())
	}
	files, err := r.draw()
	if page := string(files[pageFile]); err != nil || !strings.Contains(page, "Higher is better") || files[curvesFile] != nil {
		t.Errorf("the page: %s, %v", page, err)
	}
}

// By hand: differences 1 and 2 of two refiners have the mean 1.5, and Student's t of one degree of freedom, 12.706,
// times their standard error 0.5.
func TestDifferences(t *testing.T) {
	r := &Result{GANSeeds: 2, EstimatorSeeds: 1, Lines: []Line{
		{Row: "synthetic", PerSeed: []float64{9}},
		{Variant: "a", Row: "refined", PerSeed: []float64{1, 2}}, {Variant: "a", Row: "synthetic", PerSeed: []float64{3}},
		{Variant: "b", Row: "refined", PerSeed: []float64{2, 4}}, {Variant: "b", Row: "synthetic", PerSeed: []float64{2.5}},
		{Variant: "c", Row: "refined", PerSeed: []float64{2}},
	}}
	r.compare("a")
	var got []string
	for _, l := range r.Lines {
		got = append(got, l.DifferenceText())
	}
	if want := []string{"", "", "", "+1.50 (-4.85 to +7.85)", "-0.50", ""}; !slices.Equal(got, want) {
		t.Errorf("differences %q, want %q", got, want)
	}
	r.Unit = "degrees"
	wide := Line{Mean: 6.92, CI95: [2]float64{-0.59, 14.43}, PerSeed: []float64{6, 8}}
	if got, want := r.Figure(wide), "6.92 (0.00 to 14.43)"; got != want {
		t.Errorf("%q, want %q: no error is below 0", got, want)
	}
	if got, want := r.DifferenceName(), "against a"; got != want || !strings.Contains(r.Seeds(), "refiners alone") {
		t.Errorf("%q, want %q; %s", got, want, r.Seeds())
	}
}

// By hand: of a curve over 2 pixels the first lies at half of 380 units across, and a share of a quarter at three
// quarters of 220 units down.
func TestCurvesOfJoints(t *testing.T) {
	r := &Result{Task: "hand", Lines: []Line{{Row: "real", Mean: 1, PerSeed: []float64{1}, PCKCurve: []float64{0.25, 1}}}}
	files, err := r.draw()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{pageFile, curvesFile} {
		for _, want := range []string{
			`points="0,220.0 190.0,165.0 380.0,0.0 "`,
			`y1="165" y2="165"/><text class="tick" x="-6" y="165" dy="4" text-anchor="end">25 %<`,
			`y="238" text-anchor="middle">1.5<`,
		} {
			if !strings.Contains(string(files[name]), want) {
				t.Errorf("%s lacks %s: %s", name, want, files[name])
			}
		}
	}
}
