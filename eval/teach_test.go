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
	d, err := someOf(t.Context(), "simulated:eyes,n=100,seed=9", "", 100)
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

// A set whose labels are texts trains without l_label.
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
	a, err := someOf(t.Context(), "simulated:eyes,n=3", "", 3)
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
