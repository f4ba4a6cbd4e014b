package eval

import (
	"encoding/json"
	"errors"
	"fmt"
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
	"simgan/data/picture"
	"simgan/internal/exit"
)

// Any folder of colour images can be evaluated: two columns of numbers, a column of texts, and by a program. Names hold
// spaces, quotes and commas.
func TestAnyTask(t *testing.T) {
	dir := t.TempDir()
	synthetic := circles(t, filepath.Join(dir, "a b"), 96, 1, false)
	real := circles(t, filepath.Join(dir, `it's "real"`), 64, 2, true)
	test := circles(t, filepath.Join(dir, "test"), 40, 3, true)
	run := circleRun(t, synthetic, real, test)
	o := Options{
		Runs: []string{run}, Seeds: 2, Variants: 1, Out: io.Discard, SelfTraining: true,
		Estimator: EstimatorConfig{Steps: 60, Batch: 16, LR: 2e-3, Device: cgo.CPU},
	}
	regression, err := Regression(t.Context(), o, []string{centreX, centreY}, AbsoluteError)
	if err != nil {
		t.Fatal(err)
	}
	checkKinds(t, regression, func(f *RegressionFigures) []float64 { return f.PerSeed })
	// Guessing the mean errs by 4 and 2 pixels on average.
	if f := regression.Real; !(f.MeanError < 2 && f.R2 > 0.5 && f.PerLabel[1].Name == centreY && f.PerLabel[1].R2 > 0.3) {
		t.Errorf("regression, real: %+v", f)
	}
	o.Only, o.Estimator.Steps = rowReal, 2
	angles, err := Regression(t.Context(), o, nil, AngularError)
	if err != nil || angles.Unit != "degrees" || angles.Real.PerLabel != nil || !slices.Equal(angles.Labels, []string{centreX, centreY}) {
		t.Fatalf("angles: %+v, %v", angles, err)
	}
	o.Estimator.Steps = 60
	classification, err := Classification(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f := classification.Real; !(f.Accuracy > 0.8 && f.CI95[1] <= 1 && f.PerClass[`"blue"`] > 0.6) {
		t.Errorf("classification, real: %+v", f)
	}
	o.SelfTraining = false
	callProgram(t, o)
	failProgram(t, o)
	refuseTasks(t, o, dir)
}

// The same images in 16 bits, and in 8, give networks that agree.
func TestTasksOf16Bits(t *testing.T) {
	dir := t.TempDir()
	shallow := circles(t, filepath.Join(dir, "8"), 24, 1, false)
	deep := circles(t, filepath.Join(dir, "16"), 24, 1, false)
	deepen(t, filepath.Join(dir, "16", "sub dir"))
	o := Options{
		Seeds: 1, Variants: 1, Out: io.Discard, Only: rowSynthetic,
		Estimator: EstimatorConfig{Steps: 10, Batch: 8, LR: 2e-3, Device: cgo.CPU},
	}
	var errors, accuracies []float64
	for _, spec := range []string{shallow, deep} {
		o.Runs = []string{circleRun(t, spec, spec, spec)}
		r, err := Regression(t.Context(), o, []string{centreX}, AbsoluteError)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Classification(t.Context(), o, []string{colour})
		if err != nil {
			t.Fatal(err)
		}
		errors, accuracies = append(errors, r.Synthetic.MeanError), append(accuracies, c.Synthetic.Accuracy)
	}
	if math.Abs(errors[0]-errors[1]) > 1e-3*errors[0] || accuracies[0] != accuracies[1] {
		t.Errorf("errors %v, accuracies %v of 8 and 16 bits", errors, accuracies)
	}
}

// deepen writes a folder's images in 16 bits.
func deepen(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		m, err := picture.Decode(path)
		if err != nil {
			t.Fatal(err)
		}
		m.Bits = 16
		for i := range m.Pix {
			m.Pix[i] *= 257
		}
		if err := picture.EncodePNG(path, m); err != nil {
			t.Fatal(err)
		}
	}
}

// A bad file that the run may skip is left out of its evaluation, which names it; one more is an error.
func TestBadFilesThatTheRunSkips(t *testing.T) {
	dir := t.TempDir()
	synthetic := circles(t, filepath.Join(dir, "renders"), 12, 1, false)
	real := circles(t, filepath.Join(dir, "real"), 12, 2, true)
	spoil := func(k int) {
		name := filepath.Join(dir, "renders", "sub dir", fmt.Sprintf(`it's "%d".png`, k))
		if err := os.WriteFile(name, []byte("no picture"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	spoil(7)
	run := circleRun(t, synthetic, real, real, "data.skip_bad=1")
	var out strings.Builder
	o := Options{
		Runs: []string{run}, Seeds: 1, Variants: 1, Only: rowSynthetic, Out: &out,
		Estimator: EstimatorConfig{Steps: 1, Batch: 4, LR: 1e-3, Device: cgo.CPU},
	}
	_, err := Regression(t.Context(), o, nil, AbsoluteError)
	if err != nil || !strings.Contains(out.String(), `it's "7".png`) {
		t.Errorf("%v: %s", err, out.String())
	}
	if pairs, err := Pairs(t.Context(), run, "", cgo.CPU, 20, func(int, int) {}); err != nil || len(pairs) != 11 {
		t.Errorf("%d pairs, %v", len(pairs), err)
	}
	spoil(3)
	_, err = Regression(t.Context(), o, nil, AbsoluteError)
	if err == nil || !strings.Contains(err.Error(), "more than data.skip_bad 1 bad files") {
		t.Errorf("two bad files: %v", err)
	}
}

// checkKinds wants two estimators in every row, and JSON that says what is compared.
func checkKinds[F any](t *testing.T, r *Result[F], values func(*F) []float64) {
	t.Helper()
	rows := maps.Collect(r.Rows())
	for _, name := range rowNames {
		if rows[name] == nil || len(values(rows[name])) != 2 {
			t.Errorf("%s: row %s is %+v", r.Task, name, rows[name])
		}
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"metric":"`+r.Metric+`"`) {
		t.Errorf("%v: %s", err, text)
	}
	if r.GapClosed != nil && !strings.Contains(r.Table(), "of the gap between synthetic and real") {
		t.Error(r.Table())
	}
}

// callProgram evaluates by a program that counts the images of its two folders.
func callProgram(t *testing.T, o Options) {
	t.Helper()
	o.Only = rowRefined
	log := filepath.Join(t.TempDir(), "log")
	count := `count() { echo "$(ls "$1" | grep -c png) $(ls "$2" | grep -c png) $3 $SIMGAN_ROW" >> ` + log +
		`; head -1 "$2/labels.csv" >> ` + log + `; ls "$1" | grep -c png; }; count`
	o.Save = filepath.Join(t.TempDir(), "kept folders")
	r, err := External(t.Context(), o, ExternalOptions{Train: count, HigherIsBetter: true, Labels: []string{centreX, colour}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Synthetic != nil || r.Refined.Value != 96 || len(r.Refined.PerSeed) != 2 || !r.HigherIsBetter {
		t.Errorf("%+v, refined %+v", r, r.Refined)
	}
	text, err := os.ReadFile(log)
	want := "96 40 1 refined\nfile,it's the colour,centre x\n96 40 2 refined\nfile,it's the colour,centre x\n"
	if err != nil || string(text) != want {
		t.Errorf("%v: %s", err, text)
	}
	back, err := data.Open("folder:" + filepath.Join(o.Save, "refined"))
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	first, err := back.Sample(0)
	if err != nil || first.Image.C != 3 || len(first.Label) != 1 || len(first.Text) != 1 {
		t.Errorf("%+v, %v", first, err)
	}
	if _, err := External(t.Context(), o, ExternalOptions{Train: count}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a folder that is used already: %v", err)
	}
}

// failProgram: a program without a number ends the evaluation, and nothing is left of it.
func failProgram(t *testing.T, o Options) {
	t.Helper()
	o.Only = rowSynthetic
	for train, want := range map[string]string{
		"echo nan; :": "seed 1: printed \"nan\" last",
		"exit 7; :":   "exit status 7",
	} {
		if _, err := External(t.Context(), o, ExternalOptions{Train: train}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", train, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "simgan-external-*")); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

// refuseTasks: what cannot be learned is refused, and the error says why.
func refuseTasks(t *testing.T, o Options, dir string) {
	t.Helper()
	o.Only = rowSynthetic
	table := func(name string, columns string, row func(i int) string) string {
		spec := circles(t, filepath.Join(dir, name), 20, 5, false)
		rows := [][]string{append([]string{"file"}, strings.Split(columns, ",")...)}
		for i := range 20 {
			rows = append(rows, append([]string{fmt.Sprintf(`sub dir/it's "%d".png`, i)}, strings.Split(row(i), ",")...))
		}
		writeCSV(t, filepath.Join(dir, name, "labels.csv"), rows)
		return spec
	}
	unlabelled := circles(t, filepath.Join(dir, "unlabelled"), 20, 5, false) + ",labels=none"
	one := table("one", "class,a,b", func(int) string { return "cat,3,0" })
	many := table("many", "class,a", func(i int) string { return fmt.Sprintf("c%d,%d", i, i) })
	other := table("other", colour+",a", func(i int) string { return fmt.Sprintf("c%d,%d", i%2, i) })
	nan := table("nan", "class,a", func(i int) string { return []string{"x,1", "y,NaN"}[i%2] })
	for want, f := range map[string]func(o Options) error{
		"it has no labels: put a labels.csv": func(o Options) error {
			o.Synthetic = unlabelled
			_, err := Regression(t.Context(), o, nil, AbsoluteError)
			return err
		},
		`needs column "radius"; its columns are "centre x", "\"y\", px", "it's the colour"`: func(o Options) error {
			_, err := Regression(t.Context(), o, []string{"radius"}, AbsoluteError)
			return err
		},
		`column "it's the colour" holds texts`: func(o Options) error {
			_, err := Regression(t.Context(), o, []string{colour}, AbsoluteError)
			return err
		},
		`--error is "angle"`: func(o Options) error {
			_, err := Regression(t.Context(), o, nil, "angle")
			return err
		},
		`column "a", "b" is the same in all 20 images`: func(o Options) error {
			o.Synthetic = one
			_, err := Regression(t.Context(), o, nil, AbsoluteError)
			return err
		},
		`column "class" is "cat" in all 20 images`: func(o Options) error {
			o.Synthetic = one
			_, err := Classification(t.Context(), o, nil)
			return err
		},
		"20 different values in 20 images": func(o Options) error {
			o.Synthetic = many
			_, err := Classification(t.Context(), o, []string{"a"})
			return err
		},
		`test: image 1: column "it's the colour" is "c0", which is no class`: func(o Options) error {
			o.Test = other
			_, err := Classification(t.Context(), o, nil)
			return err
		},
		`"NaN" is not a finite number`: func(o Options) error {
			o.Synthetic = nan
			_, err := Regression(t.Context(), o, nil, AbsoluteError)
			return err
		},
		"has 96 images, fewer than --batch 97": func(o Options) error {
			o.Estimator.Batch = 97
			_, err := Classification(t.Context(), o, nil)
			return err
		},
		"learns one": func(o Options) error {
			_, err := Classification(t.Context(), o, []string{"a", "b"})
			return err
		},
	} {
		if err := f(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	if _, err := Classification(t.Context(), o, []string{"hue"}); !errors.Is(err, exit.ErrUsage) {
		t.Errorf("a wrong --labels is no usage error: %v", err)
	}
}

// By hand: truth (0, 10), (2, 30); estimates (1, 10), (2, 20). Errors 1, 0 and 0, 10: means 0.5 and 5, together 2.75.
// R2: 1 - 1/2 and 1 - 100/200, mean 0.5.
func TestRegressionFigures(t *testing.T) {
	v := &values{columns: []string{"a", "b"}, mean: []float64{1, 20}, deviation: []float64{1, 10}}
	test := set{&data.Batch{N: 2, Labels: []float32{0, 10, 2, 30}}, 2}
	f := &RegressionFigures{PerLabel: make([]LabelFigure, 2)}
	estimates := v.labels([]float32{0, -1, 1, 0})
	mean, r2 := v.add(f, estimates, test, 1)
	if !slices.Equal(estimates, []float32{1, 10, 2, 20}) || mean != 2.75 || r2 != 0.5 || f.PerLabel[1].MeanAbsolute != 5 {
		t.Errorf("%v: %v, %v, %+v", estimates, mean, r2, f)
	}
	// The network's own error is in deviations: 0.5 and 0.5.
	if e := v.learner().error([]float32{0, -1, 1, 0}, test); e != 1 {
		t.Errorf("error in training %v", e)
	}
	// Directions: 0 and 90 degrees off.
	v = &values{columns: []string{"a", "b"}, angular: true}
	test.Labels = []float32{0, 1, 1, 0}
	if mean, r2 := v.add(&RegressionFigures{}, v.labels([]float32{0, 5, 0, 2}), test, 1); math.Abs(mean-45) > 1e-6 || r2 != -1 {
		t.Errorf("directions: %v degrees, R2 %v", mean, r2)
	}
}

// By hand: classes 0, 0, 1; the logits choose 0, 1, 1.
func TestClassificationFigures(t *testing.T) {
	c := &classes{columns: []string{"k"}, classes: []string{"a", "b", "c"}}
	test := set{&data.Batch{N: 3, Labels: []float32{0, 0, 1}}, 3}
	f := &ClassificationFigures{PerClass: map[string]float64{}}
	accuracy := c.add(f, []float32{3, 1, 0, 1, 3, 0, 1, 3, 0}, test, 1)
	if accuracy != 2.0/3 || f.PerClass["a"] != 0.5 || f.PerClass["b"] != 1 || len(f.PerClass) != 2 {
		t.Errorf("%v, %+v", accuracy, f)
	}
	// Accuracies of 50 and 60 % become 70 %, that of real images is 90 %: 0.3 of 0.7 are closed.
	if s := share(negative([]float64{0.5, 0.6}), negative([]float64{0.7, 0.7}), negative([]float64{0.9, 0.9}), 2); s == nil ||
		math.Abs(s.Mean-3.0/7) > 1e-9 {
		t.Errorf("share %+v", s)
	}
	// Three equal logits: ln 3.
	if e := c.crossEntropy(make([]float32, 9), test); math.Abs(e-math.Log(3)) > 1e-9 {
		t.Errorf("cross-entropy %v", e)
	}
}
