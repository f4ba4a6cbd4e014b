package eval

import (
	"fmt"
	"math"

	"simgan/data"
	"simgan/internal/exit"
)

// values is the labelling of Regression: columns of numbers.
type values struct {
	columns         []string
	angular         bool
	mean, deviation []float64 // of the synthetic images' labels: the network's outputs are labels scaled by them
}

func (v *values) names() []string { return v.columns }

func (v *values) check(info data.Info) error {
	if len(v.columns) == 0 {
		if info.LabelNames == nil {
			return exit.Usagef("needs columns of numbers; %s", columnsOf(info))
		}
		v.columns = info.LabelNames
	}
	if v.angular && len(v.columns) < 2 {
		return exit.Usagef("--error angular needs vectors of 2 or more labels, not %s alone", quoted(v.columns))
	}
	return needColumns(info, v.columns)
}

// encode keeps the chosen columns. Vectors become unit vectors.
func (v *values) encode(b *data.Batch, info data.Info, few bool) error {
	b.Labels, b.Texts = pick(b.Labels, b.N, info.LabelNames, v.columns), nil
	for i := 0; v.angular && i < b.N; i++ {
		if !unit(b.Label(i)) {
			return fmt.Errorf("image %d: the vector %s has length 0 and no direction", imageNumber(b, i), quoted(v.columns))
		}
	}
	means, deviations := spreadOf(b, len(v.columns))
	if err := v.varies(means, deviations, b.N); err != nil && !few {
		return err
	}
	if v.mean == nil {
		v.mean, v.deviation = means, deviations
	}
	return nil
}

// unit gives a vector length 1; it reports false if its length is 0.
func unit(vector []float32) bool {
	square := 0.0
	for _, x := range vector {
		square += float64(x) * float64(x)
	}
	for i, x := range vector {
		vector[i] = float32(float64(x) / math.Sqrt(square))
	}
	return square > 0
}

// spreadOf returns the mean and the standard deviation of each of k labels.
func spreadOf(b *data.Batch, k int) (means, deviations []float64) {
	means, deviations = make([]float64, k), make([]float64, k)
	for i, x := range b.Labels {
		means[i%k] += float64(x) / float64(b.N)
	}
	for i, x := range b.Labels {
		off := float64(x) - means[i%k]
		deviations[i%k] += off * off / float64(b.N)
	}
	for i := range deviations {
		deviations[i] = math.Sqrt(deviations[i])
	}
	return means, deviations
}

// varies refuses labels that are the same in all n images: there is nothing to learn and nothing to test. A component
// of directions may be constant, if another is not.
func (v *values) varies(means, deviations []float64, n int) error {
	var constant []string
	for k, name := range v.columns {
		if !(deviations[k] > 1e-6*math.Abs(means[k])) {
			constant = append(constant, name)
		}
	}
	if constant == nil || v.angular && len(constant) < len(v.columns) {
		return nil
	}
	return fmt.Errorf("column %s is the same in all %d images: nothing can be learned from it; leave it out of --labels",
		quoted(constant), n)
}
