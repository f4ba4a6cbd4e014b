package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"simgan/data"
	"simgan/internal/exit"
	"simgan/models"
)

// compareHands finds joints by an hourglass that learns from other rendered hands.
func compareHands(ctx context.Context, p *pairs) (*comparison, error) {
	d, err := p.learnable(ctx)
	if err != nil {
		return nil, err
	}
	e, err := learnHand(ctx, d, p.options.Estimator, 1)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	rendered, err := jointsIn(e, p.rendered, p.options.Estimator)
	if err != nil {
		return nil, err
	}
	refined, err := jointsIn(e, p.refined, p.options.Estimator)
	if err != nil {
		return nil, err
	}
	return p.compareJoints(rendered, refined), nil
}

func jointsIn(e *models.HandEstimator, d set, c EstimatorConfig) (found [][]joint, err error) {
	err = eachHand(e, d, c.Device, func(i int, joints []joint) { found = append(found, joints) })
	return found, err
}

// compareJoints returns the mean distances over each hand's joints.
func (p *pairs) compareJoints(rendered, refined [][]joint) *comparison {
	c := &comparison{method: "hourglass that learned from other rendered hands"}
	px, mm := distances{name: "joints", unit: "px"}, distances{name: "joints in space", unit: "mm"}
	for k := range rendered {
		truth := p.rendered.joints(k)
		shift := p.rendered.apart(k, rendered[k], refined[k])
		add := func(to, toMM *[]float64, errs []jointError) {
			sum := jointError{}
			for _, e := range errs {
				sum.PX, sum.MM = sum.PX+e.PX/float64(len(errs)), sum.MM+e.MM/float64(len(errs))
			}
			*to, *toMM = append(*to, sum.PX), append(*toMM, sum.MM)
		}
		add(&px.shift, &mm.shift, shift)
		add(&px.rendered, &mm.rendered, p.rendered.apart(k, rendered[k], truth))
		add(&px.refined, &mm.refined, p.rendered.apart(k, refined[k], truth))
		most := 0
		for j, e := range shift {
			if e.PX > shift[most].PX {
				most = j
			}
		}
		c.marks[0] = append(c.marks[0], []mark{{rendered[k][most][0], rendered[k][most][1]}})
		c.marks[1] = append(c.marks[1], []mark{{refined[k][most][0], refined[k][most][1]}})
	}
	c.figures, c.limit = []distances{px, mm}, mean(px.rendered)
	return c
}

// compareLabels estimates labels of any kind by a small network that learns from other rendered images.
func compareLabels(ctx context.Context, p *pairs, columns []string) (*comparison, error) {
	info := p.ds.Info()
	if info.LabelNames == nil && info.Text == nil {
		return nil, exit.Usagef("synthetic: eval labels needs labels; %s", columnsOf(info))
	}
	l := labelling(&values{columns: columns, angular: columns == nil && slices.Equal(info.LabelNames, data.GazeLabels)})
	if len(columns) == 1 && slices.Contains(info.Text, columns[0]) || columns == nil && info.LabelNames == nil {
		l = &classes{columns: columns, first: "the renders that are not compared (--n), from which the classifier learns"}
	}
	if err := l.check(info); err != nil {
		return nil, fmt.Errorf("synthetic: eval labels %w", err)
	}
	d, err := p.learnable(ctx)
	if err != nil {
		return nil, err
	}
	test := p.both()
	for _, b := range []*data.Batch{d.Batch, test.Batch} {
		if err := l.encode(b, info, b == test.Batch); err != nil {
			return nil, fmt.Errorf("synthetic: %w", err)
		}
	}
	switch l := l.(type) {
	case *classes:
		logits, err := l.learner().learn(ctx, d, test, p.options.Estimator, 1)
		if err != nil {
			return nil, err
		}
		return compareClasses(l, logits, test), nil
	case *values:
		outputs, err := l.learner().learn(ctx, d, test, p.options.Estimator, 1)
		if err != nil {
			return nil, err
		}
		return compareValues(l, l.labels(outputs), test), nil
	}
	return nil, nil
}

// compareValues compares estimates of numbers: those of the rendered images, then those of the refined ones.
func compareValues(v *values, estimates []float32, test set) *comparison {
	c := &comparison{method: "small network that learned from other rendered images"}
	columns, n := len(v.columns), test.N/2
	of := func(all []float32, i int) []float32 { return all[i*columns : (i+1)*columns] }
	add := func(name, unit string, apart func(a, b []float32) float64) {
		d := distances{name: name, unit: unit}
		for k := range n {
			a, b, truth := of(estimates, k), of(estimates, n+k), test.Label(k)
			d.shift = append(d.shift, apart(a, b))
			d.rendered, d.refined = append(d.rendered, apart(a, truth)), append(d.refined, apart(b, truth))
		}
		c.figures = append(c.figures, d)
	}
	if v.angular {
		add("estimated gaze", "degrees", angle)
	} else {
		add("estimated labels", "SD", v.scaledDistance)
		for k, name := range v.columns {
			add(name, "", func(a, b []float32) float64 { return math.Abs(float64(a[k]) - float64(b[k])) })
		}
	}
	c.limit = mean(c.figures[0].rendered)
	return c
}

// scaledDistance returns the mean distance of labels, each in standard deviations.
func (v *values) scaledDistance(a, b []float32) (d float64) {
	for k := range a {
		d += math.Abs(float64(a[k])-float64(b[k])) / v.deviation[k] / float64(len(a))
	}
	return d
}

// compareClasses compares classes: 1 where they differ, 0 where they agree.
func compareClasses(c *classes, logits []float32, test set) *comparison {
	n := test.N / 2
	class := func(i int) int { return c.likeliest(logits, i) }
	differ := func(a, b int) float64 {
		if a == b {
			return 0
		}
		return 1
	}
	d := distances{name: "estimated class", unit: "of images"}
	for i := range n {
		truth := int(test.Labels[i])
		d.shift = append(d.shift, differ(class(i), class(n+i)))
		d.rendered, d.refined = append(d.rendered, differ(class(i), truth)), append(d.refined, differ(class(n+i), truth))
	}
	return &comparison{
		method: "classifier that learned from other rendered images", figures: []distances{d},
		limit: max(mean(d.rendered), 1/float64(n)), // one image of n is no sign that labels moved
	}
}
