package eval

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
)

// Circles in colour, moved by 2 pixels: a network that learned from other circles sees the move in x and none in y.
func TestCirclesThatMoved(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	p := renderedPairs(t, circles(t, filepath.Join(t.TempDir(), "a b"), 240, 1, false), 2, 0)
	whole := p.rendered
	p.index, p.rest = spread(whole.N, 40), nil
	for i := range whole.N {
		if i%6 != 0 {
			p.rest = append(p.rest, i)
		}
	}
	p.rendered, p.refined = whole.choose(p.index), p.refined.choose(p.index)
	p.options = Options{Estimator: EstimatorConfig{Steps: 150, Batch: 32, LR: 3e-3, Device: cgo.CPU}}
	c, err := compareLabels(t.Context(), p, []string{centreX, centreY})
	if err != nil {
		t.Fatal(err)
	}
	x, y := distribution(c.figures[1].shift), distribution(c.figures[2].shift)
	t.Logf("x moved by %v, y by %v; error in renders %v", x, y, distribution(c.figures[1].rendered))
	if math.Abs(x.Mean-2) > 0.5 || y.Mean > 0.5 {
		t.Errorf("moved by 2 pixels in x: x by %v, y by %v", x, y)
	}
}

// A run of circles: numbers are compared by regression, texts by a classifier.
func TestLabelsOfCircles(t *testing.T) {
	dir := t.TempDir()
	spec := circles(t, filepath.Join(dir, `it's "rendered"`), 24, 1, false)
	real := circles(t, filepath.Join(dir, "real"), 16, 2, true)
	o := labelOptions(circleRun(t, spec, real, real))
	r, worst, err := Labels(t.Context(), o, LabelOptions{Pairs: 8})
	if err != nil || len(r.Figures) != 3 || r.Figures[2].Name != centreY || r.Pairs != 8 || worst.C != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	r, _, err = Labels(t.Context(), o, LabelOptions{Pairs: 8, Columns: []string{colour}})
	if err != nil || len(r.Figures) != 1 || r.Figures[0].Name != "estimated class" || !(r.Figures[0].Shift.Mean <= 1) {
		t.Errorf("%+v, %v", r, err)
	}
	for want, recolour := range map[string]func(i int) string{
		`"teal", which is no class of the renders that are not compared (--n)`: func(i int) string {
			return []string{"teal", "red", "blue"}[min(i, 1+i%2)] // only the first image, which is always compared
		},
		"there are no classes to tell apart": func(int) string { return "red" },
	} {
		o.Synthetic = recoloured(t, filepath.Join(dir, want[:6]), 24, recolour)
		if _, _, err := Labels(t.Context(), o, LabelOptions{Pairs: 8, Columns: []string{colour}}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// recoloured writes n circles whose column of classes says what of says.
func recoloured(t *testing.T, dir string, n int, of func(i int) string) string {
	t.Helper()
	spec := circles(t, dir, n, 1, false)
	path := filepath.Join(dir, "labels.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows[1:] {
		rows[i+1][slices.Index(rows[0], colour)] = of(i)
	}
	writeCSV(t, path, rows)
	return spec
}
