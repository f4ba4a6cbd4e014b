package eval

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/trainer"
	"simgan/trainer/config"
)

// renderedPairs returns pairs of the data set's images, refined as change says.
func renderedPairs(t *testing.T, spec string, dx, dy int) *pairs {
	ds, err := data.Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	b, err := data.LoadLevels(t.Context(), ds)
	if err != nil {
		t.Fatal(err)
	}
	p := &pairs{ds: ds, rendered: set{b, b.N}, index: spread(b.N, b.N)}
	p.refined = p.rendered.repeated(1)
	for i := range b.N {
		p.refined.PutLevels(i, b.ImageOf(i).Crop(-dx, -dy, b.W, b.H))
	}
	return p
}

// Images that were not changed have not moved; images moved by 2 pixels have moved by 2, which is 6.5 degrees: a pixel
// is 1/17.6 of the ball's radius.
func TestPupilsThatMoved(t *testing.T) {
	for _, dx := range []int{0, 2} {
		p := renderedPairs(t, "simulated:eyes,n=12,seed=4,light=0.7", dx, 0)
		c, err := p.compareFits(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r, worst, err := p.result(c, Options{Runs: []string{"r"}}, LabelOptions{})
		if err != nil {
			t.Fatal(err)
		}
		pupil, gaze := r.Figures[0].Shift, r.Figures[2].Shift
		d := float64(dx)
		if math.Abs(pupil.Mean-d) > 0.15*d || math.Abs(gaze.Mean-3.25*d) > 0.6*d+1e-6 {
			t.Errorf("moved by %d pixels: pupils by %+v, gazes by %+v", dx, pupil, gaze)
		}
		if r.Moved != (dx > 0) || r.Pairs < 9 || r.Limit != 1.1 || len(r.Worst) != r.Pairs {
			t.Errorf("moved by %d pixels: %+v", dx, r)
		}
		if worst.W != 6*(55*2+2)+2 || worst.H != 4*(35*2+2)+2 {
			t.Errorf("the worst pairs are a picture of %dx%d", worst.W, worst.H)
		}
	}
}

// By hand: joints found 2 pixels to the right of the rendered ones, which are found at the truth.
func TestJointsThatMoved(t *testing.T) {
	p := renderedPairs(t, "simulated:hands,n=2,size=64x64", 0, 0)
	var rendered, refined [][]joint
	for i := range 2 {
		truth := p.rendered.joints(i)
		rendered = append(rendered, truth)
		moved := append([]joint(nil), truth...)
		for j := range moved {
			moved[j][0] += 2
		}
		refined = append(refined, moved)
	}
	c := p.compareJoints(rendered, refined)
	for k := range 2 {
		px, mm := c.figures[0], c.figures[1]
		// A side of 64 pixels is 300 mm at the depth of the crop's centre.
		if math.Abs(px.shift[k]-2) > 1e-9 || px.rendered[k] != 0 || math.Abs(mm.shift[k]-2*300/64.0) > 1 {
			t.Errorf("hand %d: %v px, %v mm; rendered %v px", k, px.shift[k], mm.shift[k], px.rendered[k])
		}
	}
}

// By hand: two images, labels (0, 10) and (2, 30), deviations 1 and 10; the second image's refined version is estimated
// 1 and 5 off.
func TestLabelsThatMoved(t *testing.T) {
	test := set{&data.Batch{N: 4, Labels: []float32{0, 10, 2, 30, 0, 10, 2, 30}}, 2}
	v := &values{columns: []string{"x", "y"}, mean: []float64{1, 20}, deviation: []float64{1, 10}}
	c := compareValues(v, []float32{0, 10, 2, 30, 0, 10, 3, 35}, test)
	if s := c.figures[0].shift; s[0] != 0 || math.Abs(s[1]-0.75) > 1e-9 || c.figures[1].shift[1] != 1 ||
		c.figures[2].shift[1] != 5 {
		t.Errorf("shifts are %v, %v, %v", s, c.figures[1].shift, c.figures[2].shift)
	}
	k := &classes{classes: []string{"a", "b"}}
	test.Labels = []float32{0, 1, 0, 1}
	if d := compareClasses(k, []float32{2, 1, 2, 1, 2, 1, 1, 2}, test).figures[0]; d.shift[0] != 0 || d.shift[1] != 1 ||
		d.rendered[1] != 1 || d.refined[1] != 0 {
		t.Errorf("classes: %+v", d)
	}
	// Without an error in 2 renders the limit is one of them.
	if c := compareClasses(k, []float32{2, 1, 1, 2, 2, 1, 2, 1}, test); c.limit != 0.5 {
		t.Errorf("the limit of a classifier that was always right: %g", c.limit)
	}
}

// An estimator is tested on the rendered images, then on the refined ones.
func TestBothVersions(t *testing.T) {
	p := renderedPairs(t, "simulated:eyes,n=3", 2, 0)
	both := p.both()
	for i := range both.N {
		want := p.rendered.ImageOf(i % 3)
		if i >= 3 {
			want = p.refined.ImageOf(i - 3)
		}
		if !slices.Equal(both.ImageOf(i).Pix, want.Pix) || !slices.Equal(both.Label(i), p.rendered.Label(i%3)) {
			t.Errorf("image %d is not that of its pair", i)
		}
	}
}

func TestDistribution(t *testing.T) {
	d := distribution([]float64{4, 1, 3, 2})
	if d.Mean != 2.5 || d.Median != 2.5 || d.P95 != 4 || math.Abs(d.SD-math.Sqrt(1.25)) > 1e-12 {
		t.Errorf("%+v", d)
	}
}

// A run of eyes is measured by fits, and its gaze labels by a network. What cannot be measured is refused.
func TestLabelsOfARun(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	c, err := config.Load("gaze-demo", "", []string{
		"refiner.width=4", "refiner.blocks=1", "discriminator.width=0.1", "train.batch=4", "train.history=8", "device=cpu",
		"train.pretrain_refiner=1", "train.pretrain_discriminator=1", "train.steps=1", "train.precision=float32",
		"train.agreement=0",
		"data.synthetic=simulated:eyes,n=12", "data.real=simulated:eyes,domain=real,n=8",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := trainer.Run(t.Context(), c, trainer.Options{Dir: run, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	o := labelOptions(run)
	r, _, err := Labels(t.Context(), o, LabelOptions{Pairs: 4})
	if err != nil || r.Pairs+r.Failed != 4 || len(r.Figures) != 3 || r.Check == nil || !(r.Check.Median < 0.6) {
		t.Fatalf("%+v, %v", r, err)
	}
	if table := r.Table(); !strings.Contains(table, "pupil") || !strings.Contains(table, r.Reading()) {
		t.Errorf("the table is %s", table)
	}
	r, _, err = Labels(t.Context(), o, LabelOptions{Pairs: 1, Columns: []string{"gaze_x"}})
	if err != nil || r.Pairs != 1 {
		t.Errorf("a single pair: %+v, %v", r, err)
	}
	r, _, err = Labels(t.Context(), o, LabelOptions{Pairs: 4, Columns: []string{"gaze_x", "gaze_y"}})
	if err != nil || len(r.Figures) != 3 || r.Figures[1].Name != "gaze_x" || !(r.Limit > 0) {
		t.Errorf("%+v, %v", r, err)
	}
	for want, spoil := range map[string]func(o *Options, l *LabelOptions){
		"--n is 0":        func(_ *Options, l *LabelOptions) { l.Pairs = 0 },
		"labels.csv":      func(o *Options, _ *LabelOptions) { o.Synthetic = "simulated:hands,n=12,size=35x55,labels=false" },
		`column "height"`: func(_ *Options, l *LabelOptions) { l.Columns = []string{"height"} },
		"of one run":      func(o *Options, _ *LabelOptions) { o.Runs = []string{run, run} },
	} {
		o, l := o, LabelOptions{Pairs: 4}
		spoil(&o, &l)
		if _, _, err := Labels(t.Context(), o, l); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one that says %q", err, want)
		}
	}
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(exit.ErrStopped)
	if _, _, err := Labels(cancelled, o, LabelOptions{Pairs: 4}); !errors.Is(err, exit.ErrStopped) {
		t.Errorf("a cancelled call: %v", err)
	}
}

func labelOptions(run string) Options {
	return Options{
		Runs: []string{run}, Seeds: 1, Variants: 1, Out: &bytes.Buffer{},
		Estimator: EstimatorConfig{Steps: 2, Batch: 4, LR: 1e-3, Width: 4, Device: cgo.CPU},
	}
}

// checkLabelsOfHands wants figures in pixels and in mm of a run of hands.
func checkLabelsOfHands(t *testing.T, run string) {
	t.Helper()
	o := labelOptions(run)
	o.Estimator.Batch = 2
	r, _, err := Labels(t.Context(), o, LabelOptions{Pairs: 2})
	if err != nil || len(r.Figures) != 2 || r.Figures[0].Unit != "px" || r.Pairs != 2 ||
		!(r.Figures[0].Rendered.Mean > 0) {
		t.Errorf("%+v, %v", r, err)
	}
}
