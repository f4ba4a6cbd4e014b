package eval

import (
	"math"
	"slices"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// lessonLabels are the labels that the network of l_label learns: the numbers, and for each column of classes an
// indicator per class, 1 if the image is of the class and 0 if not. The indicators of a column are scaled by one
// deviation, so that all of them together vary as much as a number does.
type lessonLabels struct {
	*values
	labels, numbers int // of the labels, so many are numbers
}

// newLessonLabels replaces the labels of b by those of the lesson.
func newLessonLabels(b *data.Batch, info data.Info) lessonLabels {
	labels, outputs := info.Labels()
	k := len(info.LabelNames)
	if outputs > k {
		b.Labels = withIndicators(b, info, outputs)
	}
	b.Texts = nil
	v := &values{columns: make([]string, outputs)}
	v.mean, v.deviation = spreadOf(b, outputs)
	for _, classes := range info.Classes {
		together := 0.0
		for _, deviation := range v.deviation[k : k+classes] {
			together = math.Hypot(together, deviation)
		}
		for i := range classes {
			v.deviation[k+i] = together
		}
		k += classes
	}
	for i, x := range v.deviation {
		if !(x > 1e-6*math.Abs(v.mean[i])) {
			v.deviation[i] = 1 // the same in all images: nothing to learn, and no error to divide
		}
	}
	return lessonLabels{v, labels, len(info.LabelNames)}
}

// learner returns what the network learns: numbers as regression does, indicators by least squares. The absolute error
// would hold an indicator at 0, the median, for as long as the images tell little.
func (v lessonLabels) learner() learner {
	l := v.values.learner()
	if v.labels == v.numbers {
		return l
	}
	l.loss = func(s *cgo.Scope, outputs cgo.Tensor, d set, index []int, device cgo.Device) cgo.Tensor {
		n, truth := len(index), v.scaled(s, d, index, device)
		part := func(x cgo.Tensor, from, to int) cgo.Tensor { return s.Narrow(x, 1, int64(from), int64(to-from)) }
		indicators := func(x cgo.Tensor) cgo.Tensor { return part(x, v.numbers, len(v.columns)) }
		loss := models.LossSquare(s, indicators(outputs), indicators(truth), n, v.labels-v.numbers)
		if v.numbers == 0 {
			return loss
		}
		return s.Add(loss, models.LossAbsolute(s, part(outputs, 0, v.numbers), part(truth, 0, v.numbers), n, v.numbers))
	}
	return l
}

// withIndicators returns the numbers of each image, then its indicators: outputs values per image.
func withIndicators(b *data.Batch, info data.Info, outputs int) []float32 {
	all := make([]float32, 0, b.N*outputs)
	classes := classesOf(b, len(info.Text))
	for i := range b.N {
		all = append(all, b.Label(i)...)
		for column, n := range info.Classes {
			if n == 0 {
				continue
			}
			indicators := make([]float32, n)
			place, _ := slices.BinarySearch(classes[column], b.Text(i)[column])
			indicators[place] = 1
			all = append(all, indicators...)
		}
	}
	return all
}

// classesOf returns the different texts in each of the columns, sorted.
func classesOf(b *data.Batch, columns int) [][]string {
	classes := make([][]string, columns)
	for i, text := range b.Texts {
		classes[i%columns] = append(classes[i%columns], text)
	}
	for k := range classes {
		slices.Sort(classes[k])
		classes[k] = slices.Compact(classes[k])
	}
	return classes
}
