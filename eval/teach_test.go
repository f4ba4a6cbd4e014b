package eval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/data/picture"
	"simgan/models"
	"simgan/trainer"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

func teachQuietly(ctx context.Context, c config.Config, e *models.ImageEstimator) (float64, error) {
	return Teach(ctx, c, e, nil)
}

// teachAndRun trains a run that may need the network of l_label.
func teachAndRun(t *testing.T, c config.Config, dir string) error {
	t.Helper()
	return trainer.Run(t.Context(), c, trainer.Options{Dir: dir, Out: io.Discard, Teach: teachQuietly})
}

// The network of l_label learns the labels of renders that look like real images.
func TestTeach(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	c := tinyrun.Config(t, "train.steps=150", "data.synthetic=simulated:eyes,n=200",
		"data.real=simulated:eyes,domain=real,n=40")
	e, err := models.NewImageEstimator(1, 35, 55, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	said, err := teachQuietly(t.Context(), c, e)
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := someOf(t.Context(), "simulated:eyes,n=100,seed=9", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := outputsOf(e, d, cgo.CPU)
	if err != nil {
		t.Fatal(err)
	}
	means, deviations := spreadOf(d.Batch, 3)
	off, guess := 0.0, 0.0
	for i, x := range d.Labels {
		truth := (float64(x) - means[i%3]) / deviations[i%3]
		off, guess = off+math.Abs(float64(outputs[i])-truth), guess+math.Abs(truth)
	}
	if mean := off / float64(len(d.Labels)); math.Abs(said-mean) > 0.25 {
		t.Errorf("off by %.2f standard deviations, %.2f on renders that it has not seen", said, mean)
	}
	if off > 0.8*guess {
		t.Errorf("labels of renders that it has not seen are off by %.2f of what the mean is off by", off/guess)
	}
}

// With l_label and l_div the losses of a log line add up. A run that was paused ends with the bytes of one that was not,
// and does not learn labels again.
func TestAgreementAndDiversity(t *testing.T) {
	c := tinyrun.Config(t, "train.agreement=0.5", "train.diversity=0.6")
	whole, paused := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "paused")
	if err := teachAndRun(t, c, whole); err != nil {
		t.Fatal(err)
	}
	records, _, err := rundir.ReadMetrics(filepath.Join(whole, rundir.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, r := range records {
		if !r.In(config.PhaseTrain) {
			continue
		}
		lines++
		value := func(name string) float64 { v, _ := r[name].(float64); return v }
		sum := value("l_real") + value("l_reg") + value("l_label") + value("l_div")
		if math.Abs(sum-value("L_R")) > 1e-4*value("L_R") {
			t.Errorf("the terms add up to %g: %v", sum, r)
		}
		if value("l_label") <= 0 || value("l_div") >= 0 {
			t.Errorf("l_label is to be above 0, l_div below: %v", r)
		}
	}
	if lines == 0 {
		t.Error("no log line of Algorithm 1")
	}

	o := trainer.Options{Dir: paused, Out: io.Discard, Until: 2, Teach: teachQuietly}
	if err := trainer.Run(t.Context(), c, o); err != nil {
		t.Fatal(err)
	}
	o.Until, o.Resume = 0, true
	o.Teach = func(context.Context, config.Config, *models.ImageEstimator) (float64, error) {
		return 0, errors.New("learns again")
	}
	if err := trainer.Run(t.Context(), c, o); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{simgan.RefinerFile, simgan.DiscriminatorFile, simgan.EstimatorFile, simgan.StateFile} {
		last := filepath.Join("checkpoints", fmt.Sprintf("step-%07d", tinyrun.Steps), file)
		want, err := os.ReadFile(filepath.Join(whole, last))
		got, gotErr := os.ReadFile(filepath.Join(paused, last))
		if err != nil || gotErr != nil || !bytes.Equal(got, want) {
			t.Errorf("%s of the paused run differs (%v, %v)", file, err, gotErr)
		}
	}
}

// After the numbers come a 0 or 1 per class. The indicators of a column vary by 1 together.
func TestLessonLabels(t *testing.T) {
	info := data.Info{LabelNames: []string{"x"}, Text: []string{"note", "colour"}, Classes: []int{0, 3}}
	b := &data.Batch{
		N: 4, Labels: []float32{1, 3, 3, 1}, Texts: []string{"a", "red", "b", "blue", "c", "red", "d", "green"},
	}
	v := newLessonLabels(b, info)
	if want := []float32{1, 0, 0, 1, 3, 1, 0, 0, 3, 0, 0, 1, 1, 0, 1, 0}; !slices.Equal(b.Labels, want) {
		t.Errorf("labels %v, want %v", b.Labels, want)
	}
	together := math.Sqrt(0.25*0.75 + 0.25*0.75 + 0.5*0.5)
	for i, want := range []float64{1, together, together, together} {
		if math.Abs(v.deviation[i]-want) > 1e-9 {
			t.Errorf("output %d: deviation %g, want %g", i, v.deviation[i], want)
		}
	}
	if want := []float64{2, 0.25, 0.25, 0.5}; !slices.Equal(v.mean, want) {
		t.Errorf("means %v, want %v", v.mean, want)
	}
}

// tiles writes n pictures of 16x24 whose left half is of one of three colours, the only label.
func tiles(t *testing.T, dir string, n int) string {
	t.Helper()
	rows := [][]string{{"file", "colour"}}
	for i := range n {
		m := picture.NewImage(3, 16, 24, 8)
		for at := range m.Pix {
			m.Pix[at] = uint16(60 + (at*i)%40)
			if at%24 < 12 && at/(16*24) == i%3 {
				m.Pix[at] = 200
			}
		}
		name := fmt.Sprintf("%03d.png", i)
		if err := picture.EncodePNG(filepath.Join(dir, name), m); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, []string{name, []string{"red", "green", "blue"}[i%3]})
	}
	writeCSV(t, filepath.Join(dir, "labels.csv"), rows)
	return "folder:" + dir
}

// The network of l_label learns classes.
func TestTeachClasses(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	spec := tiles(t, t.TempDir(), 90)
	d, info, err := someOf(t.Context(), spec, "", 90)
	if err != nil {
		t.Fatal(err)
	}
	if k, outputs := info.Labels(); k != 1 || outputs != 3 {
		t.Fatalf("%d labels, %d outputs; want 1 and 3", k, outputs)
	}
	e, err := models.NewImageEstimator(3, 16, 24, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c := tinyrun.Config(t, "train.steps=200", "data.synthetic="+spec, "data.real="+spec)
	if _, err := teachQuietly(t.Context(), c, e); err != nil {
		t.Fatal(err)
	}
	seen, err := outputsOf(e, d, cgo.CPU)
	if err != nil {
		t.Fatal(err)
	}
	newLessonLabels(d.Batch, info)
	right := 0
	for i := range d.N {
		of := seen[i*3 : (i+1)*3]
		if d.Label(i)[slices.Index(of, slices.Max(of))] == 1 {
			right++
		}
	}
	if right < 85 {
		t.Errorf("the class of %d of 90 renders is seen", right)
	}
}

// A run keeps numbers and classes together.
func TestAgreementOfNumbersAndClasses(t *testing.T) {
	spec := circles(t, filepath.Join(t.TempDir(), "circles"), 12, 1, false)
	c := tinyrun.Config(t, "train.agreement=0.5", "data.synthetic="+spec, "data.real="+spec)
	run := filepath.Join(t.TempDir(), "run")
	if err := teachAndRun(t, c, run); err != nil {
		t.Fatal(err)
	}
	records, _, err := rundir.ReadMetrics(filepath.Join(run, rundir.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	last := records[len(records)-1]
	if l, _ := last["l_label"].(float64); !(l > 0) {
		t.Errorf("l_label is to be above 0: %v", last)
	}
}

// A set whose labels are texts but no classes trains without l_label.
func TestAgreementWithoutNumbers(t *testing.T) {
	dir := t.TempDir()
	spec := circles(t, dir, 8, 1, false)
	rows := [][]string{{"file", "hue"}}
	for i := range 8 {
		rows = append(rows, []string{fmt.Sprintf(`sub dir/it's "%d".png`, i), "red"})
	}
	writeCSV(t, filepath.Join(dir, "labels.csv"), rows)
	c := tinyrun.Config(t, "train.agreement=0.5", "data.synthetic="+spec, "data.real="+spec)
	run := filepath.Join(dir, "run")
	if err := trainer.Run(t.Context(), c, trainer.Options{Dir: run, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
}

// A set that joins versions of the same scenes holds each image with its label, version after version.
func TestJoined(t *testing.T) {
	a, _, err := someOf(t.Context(), "simulated:eyes,n=3", "", 3)
	if err != nil {
		t.Fatal(err)
	}
	b := set{a.Choose([]int{2, 1, 0}), 3}
	j := joined(a, a, b)
	if j.N != 9 || j.scenes != 3 || j.variants() != 3 {
		t.Errorf("%d images of %d scenes", j.N, j.scenes)
	}
	for i, want := range []int{0, 1, 2, 0, 1, 2, 2, 1, 0} {
		if !slices.Equal(j.Label(i), a.Label(want)) || !slices.Equal(j.ImageOf(i).Pix, a.ImageOf(want).Pix) {
			t.Errorf("image %d is not image %d", i, want)
		}
	}
}
