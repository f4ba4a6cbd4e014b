package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data/picture"
	"simgan/internal/exit"
	"simgan/trainer"
	"simgan/trainer/config/tinyrun"
)

// imageRows are the rows that differ in their images.
var imageRows = []string{rowSynthetic, rowControl, rowRefined, rowReal}

// photos writes n noisy colour images of 16 bits whose levels lie about the middle, and returns their SPEC.
func photos(t *testing.T, n, middle int, seed uint64) string {
	t.Helper()
	dir, random := t.TempDir(), rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		m := picture.NewImage(3, 20, 16, 16)
		for k := range m.Pix {
			m.Pix[k] = uint16(middle + random.IntN(8000))
		}
		if err := picture.EncodePNG(filepath.Join(dir, fmt.Sprintf("%03d.png", i)), m); err != nil {
			t.Fatal(err)
		}
	}
	return "folder:" + dir
}

func realismOptions(t *testing.T) RealismOptions {
	t.Helper()
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	return RealismOptions{
		Options: Options{Out: io.Discard, Estimator: EstimatorConfig{Steps: 60, Batch: 8, LR: 3e-3, Device: cgo.CPU}},
		Images:  100,
	}
}

// Bright images are told from dark ones; images of the real ones' own distribution are not. Colour images of 16 bits do.
func TestRealismOfFolders(t *testing.T) {
	o := realismOptions(t)
	o.Synthetic, o.Refined, o.Real = photos(t, 60, 40000, 1), photos(t, 70, 10000, 2), photos(t, 120, 10000, 3)
	r, err := Realism(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Images != 60 || r.Synthetic.TwoSample.Images != 60 {
		t.Errorf("%d images per row, %d held out; want 60", r.Images, r.Synthetic.TwoSample.Images)
	}
	rows := maps.Collect(r.Rows())
	for _, name := range imageRows {
		f := rows[name]
		if f == nil {
			t.Fatalf("no row %s", name)
		}
		a := f.TwoSample
		if !(a.CI95[0] <= a.Mean && a.Mean <= a.CI95[1]) {
			t.Errorf("%s: %.2f, interval %v", name, a.Mean, *a.CI95)
		}
		if strings.HasSuffix(name, rowControl) {
			continue // the control of 16 bits cannot darken, and spoils what is dark already
		}
		far := name == rowSynthetic
		if far != (a.Mean > 0.9) || far != (a.CI95[0] > 0.5) || far != (f.KID.CI95[0] > 0) || far != (f.Distance.Mean > 0.5) {
			t.Errorf("%s: told apart %.2f %v, KID %.3g %v, distance %.3f",
				name, a.Mean, *a.CI95, f.KID.Mean, *f.KID.CI95, f.Distance.Mean)
		}
	}
	if math.Abs(r.Real.LevelMean-14000.0/65535) > 0.002 || math.Abs(r.Synthetic.LevelMean-44000.0/65535) > 0.002 {
		t.Errorf("mean levels %v and %v", r.Real.LevelMean, r.Synthetic.LevelMean)
	}
	text, err := json.Marshal(r)
	for _, key := range []string{
		`"task":"realism"`, `"two_sample":{"mean":`, `"kid":{"mean":`, `"spectrum":[`, `"refined":{`,
	} {
		if err != nil || !strings.Contains(string(text), key) {
			t.Errorf("%v: no %s in %s", err, key, text)
		}
	}
	if table := r.Table(); !strings.Contains(table, "60 images per row") || !strings.Contains(table, "refined ") {
		t.Errorf("table:\n%s", table)
	}
}

// With nothing to be told, the network of the test still makes all its steps.
func TestTwoSampleMakesAllSteps(t *testing.T) {
	o := realismOptions(t)
	o.Synthetic, o.Real, o.Only, o.Images = photos(t, 240, 10000, 1), photos(t, 480, 10000, 2), rowSynthetic, 240
	o.Estimator.Steps = 150 // one that stops early would, after 50 to 100 here
	r, err := Realism(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.EstimatorSteps[rowSynthetic]; !slices.Equal(got, []int{150}) {
		t.Errorf("%v steps, want 150", got)
	}
}

// The figures of a run are those of the checkpoint that is asked for, and the same in every call.
func TestRealismOfARun(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	c := tinyrun.Config(t, "data.synthetic=simulated:eyes,n=16,labels=false", "data.real=simulated:eyes,domain=real,n=32")
	if err := trainer.Run(context.Background(), c, trainer.Options{Dir: run, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	o := realismOptions(t)
	o.Runs, o.Only, o.Estimator.Steps = []string{run}, rowRefined, 2
	figures := func(checkpoint string) []byte {
		o.Checkpoint = checkpoint
		r, err := Realism(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Synthetic != nil || r.Real != nil || !slices.Equal(r.GANSeeds, []uint64{1}) || len(r.Checkpoints) != 1 {
			t.Errorf("rows or seeds: %+v", r)
		}
		text, err := json.Marshal(r.Refined)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	latest := figures("")
	if !bytes.Equal(latest, figures("latest")) || !bytes.Equal(latest, figures("6")) {
		t.Error("figures of one checkpoint differ")
	}
	if bytes.Equal(latest, figures("2")) {
		t.Error("the first checkpoint has the figures of the last")
	}
	o.Only = ""
	r, err := Realism(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range imageRows {
		if f := *r.row(name); f == nil || f.TwoSample.Images != 16 {
			t.Errorf("row %s: %+v, want 16 held-out images", name, f)
		}
	}
	o.Checkpoint = "7"
	if _, err := Realism(context.Background(), o); !errors.Is(err, exit.ErrUsage) ||
		!strings.Contains(err.Error(), "has no checkpoint of this step; there are 0, 2") {
		t.Errorf("no such checkpoint: %v", err)
	}
	out := filepath.Join(t.TempDir(), "refined")
	_, err = RefineSet(context.Background(), RefineOptions{
		Run: run, Checkpoint: "bset", Data: c.Data.Synthetic, Out: out, Variants: 1, Device: cgo.CPU, Progress: func(int, int) {},
	})
	if _, statErr := os.Stat(out); !errors.Is(err, exit.ErrUsage) || statErr == nil {
		t.Errorf("refine of no checkpoint: %v, left %v", err, statErr)
	}
}

func TestRealismRefusals(t *testing.T) {
	eyes, few := "simulated:eyes,domain=real,n=40,size=20x16", "simulated:eyes,n=15,size=20x16"
	for want, spoil := range map[string]func(o *RealismOptions){
		"there is nothing to compare":                                      func(o *RealismOptions) { o.Synthetic = "" },
		"no real images are named":                                         func(o *RealismOptions) { o.Real = "" },
		few + " has 15 images; eval realism needs at least 16":             func(o *RealismOptions) { o.Synthetic = few },
		few + " has 15 images; eval realism needs at least 32":             func(o *RealismOptions) { o.Real = few },
		"are 1x35x55 (channels, height, width) of 8 bits, the real ones 1": func(o *RealismOptions) { o.Synthetic = "simulated:eyes,n=40" },
		"16 bits, the real ones 1x64x64 of 8 bits": func(o *RealismOptions) {
			o.Synthetic, o.Real = "simulated:hands,n=40,size=64x64", "simulated:eyes,domain=real,n=40,size=64x64"
		},
		"--images is 10; use at least 16":    func(o *RealismOptions) { o.Images = 10 },
		"batch is 0":                         func(o *RealismOptions) { o.Estimator.Batch = 0 },
		"leave --run out":                    func(o *RealismOptions) { o.Runs, o.Refined = []string{"runs/x"}, eyes },
		"no images for the row refined":      func(o *RealismOptions) { o.Only = rowRefined },
		"real: data set folder:/nowhere":     func(o *RealismOptions) { o.Real = "folder:/nowhere" },
		`--only is "fake"; use one of synth`: func(o *RealismOptions) { o.Only = "fake" },
	} {
		o := realismOptions(t)
		o.Synthetic, o.Real = eyes, eyes
		spoil(&o)
		if _, err := Realism(context.Background(), o); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one that says %q", err, want)
		}
	}
	cancelled, cancel := context.WithCancelCause(context.Background())
	cancel(exit.ErrStopped)
	o := realismOptions(t)
	o.Synthetic, o.Real = eyes, eyes
	if _, err := Realism(cancelled, o); !errors.Is(err, exit.ErrStopped) {
		t.Errorf("a cancelled call: %v", err)
	}
}

// Over runs the figure is their mean with Student's t; one run has its own interval. By hand: 0.5 and 0.7 have a
// standard error of 0.1, and t is 12.706.
func TestMeasuredOverRuns(t *testing.T) {
	own := [2]float64{0.4, 0.6}
	if m := measuredOver([]float64{0.5}, &own); m.Mean != 0.5 || m.CI95 != &own || m.PerRun != nil {
		t.Errorf("one run: %+v", m)
	}
	m := measuredOver([]float64{0.5, 0.7}, &own)
	if math.Abs(m.Mean-0.6) > 1e-9 || math.Abs(m.CI95[0]+0.6706) > 1e-3 || math.Abs(m.CI95[1]-1.8706) > 1e-3 ||
		len(m.PerRun) != 2 {
		t.Errorf("two runs: %+v, %v", m, *m.CI95)
	}
}
