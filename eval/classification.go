package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models"
)

// ClassificationFigures are the figures, on the test images, of classifiers trained on one kind of images.
type ClassificationFigures struct {
	Accuracy float64            `json:"accuracy"`  // share of the images whose class is right, mean over the seeds
	CI95     [2]float64         `json:"ci95"`      // of accuracy, over the seeds (Student's t), cut off at 0 and 1
	PerClass map[string]float64 `json:"per_class"` // the same of the test images of each class
	PerSeed  []float64          `json:"per_seed"`
}

// ClassificationResult holds the JSON of `eval classification`.
type ClassificationResult = Result[ClassificationFigures]

// Classification trains a small network to tell the classes in a column of texts or numbers apart, on each kind of
// images, and tests it on held-out real ones. columns holds the column's name; it may be empty if there is only one
// column, or only one of texts.
func Classification(ctx context.Context, o Options, columns []string) (*ClassificationResult, error) {
	if len(columns) > 1 {
		return nil, exit.Usagef("--labels names %d columns; eval classification learns one", len(columns))
	}
	c := &classes{columns: columns}
	t := task{
		name: "classification", metric: "accuracy", quantity: "accuracy", percent: true, higher: true, labels: c, fill: true,
	}
	return compare(ctx, o, t, exam[float32, ClassificationFigures]{
		errors: func(ctx context.Context, d, test set, e EstimatorConfig, seed uint64) ([]float32, error) {
			return c.learner().learn(ctx, d, test, e, seed)
		},
		blank: func() *ClassificationFigures { return &ClassificationFigures{PerClass: map[string]float64{}} },
		add: func(f *ClassificationFigures, logits []float32, test set, estimators int) (string, bool) {
			accuracy := c.add(f, logits, test, estimators)
			return fmt.Sprintf("%.1f %%", 100*accuracy), finite(c.crossEntropy(logits, test))
		},
		finish: func(f *ClassificationFigures, seeds int) {
			f.Accuracy, f.CI95 = interval(f.PerSeed, seeds)
			f.CI95 = [2]float64{max(f.CI95[0], 0), min(f.CI95[1], 1)}
		},
		costs: func(f *ClassificationFigures) []float64 { return negative(f.PerSeed) },
	})
}

// negative returns the figures of which higher is better as costs, of which lower is.
func negative(figures []float64) []float64 {
	costs := make([]float64, len(figures))
	for i, v := range figures {
		costs[i] = -v
	}
	return costs
}

// classes is the labelling of Classification. A label becomes the place of the class in classes.
type classes struct {
	columns []string // one, when the first data set was seen
	classes []string // in order; of the first data set, the synthetic one
	first   string   // what the first data set is called in errors; "": the synthetic images
}

func (c *classes) names() []string { return c.columns }

func (c *classes) check(info data.Info) error {
	all := append(slices.Clone(info.LabelNames), info.Text...)
	switch {
	case len(c.columns) == 1 && slices.Contains(all, c.columns[0]):
	case len(c.columns) == 1:
		return exit.Usagef("needs column %q; %s", c.columns[0], columnsOf(info))
	case len(info.Text) == 1:
		c.columns = info.Text
	case len(all) == 1:
		c.columns = all
	case len(all) == 0:
		return exit.Usagef("needs a column of classes; %s", columnsOf(info))
	default:
		return exit.Usagef("needs to know the column of classes; %s: name one with --labels", columnsOf(info))
	}
	return nil
}

// encode replaces the labels by places in classes.
func (c *classes) encode(b *data.Batch, info data.Info, few bool) error {
	values := make([]string, b.N)
	text, number := slices.Index(info.Text, c.columns[0]), slices.Index(info.LabelNames, c.columns[0])
	for i := range values {
		if text >= 0 {
			values[i] = b.Text(i)[text]
			if values[i] == "" {
				return fmt.Errorf("column %q is empty for image %d (counted from 1): give every image a class", c.columns[0],
					imageNumber(b, i))
			}
		} else {
			values[i] = strconv.FormatFloat(float64(b.Label(i)[number]), 'g', -1, 32)
		}
	}
	if err := c.accept(values); err != nil && !few {
		return fmt.Errorf("column %q %w", c.columns[0], err)
	}
	b.Labels, b.Texts = make([]float32, b.N), nil
	for i, value := range values {
		place := slices.Index(c.classes, value)
		if place < 0 {
			return fmt.Errorf("image %d: column %q is %q, which is no class of %s: they have %s",
				imageNumber(b, i), c.columns[0], value, cmp.Or(c.first, "the synthetic images"), quoted(c.classes))
		}
		b.Labels[i] = float32(place)
	}
	return nil
}

// accept takes the classes of the first data set, and refuses values that are no classes. The error follows the column.
func (c *classes) accept(values []string) error {
	found := slices.Compact(slices.Sorted(slices.Values(values)))
	n := len(found)
	if n == 1 {
		return fmt.Errorf("is %q in all %d images: there are no classes to tell apart", found[0], len(values))
	}
	if c.classes != nil {
		return nil
	}
	if !data.AreClasses(n, len(values)) {
		return fmt.Errorf("has %d different values in %d images: these are no classes; "+
			"eval regression estimates numbers", n, len(values))
	}
	c.classes = found
	return nil
}

// likeliest returns the class with the greatest logit of image i, the first of equals.
func (c *classes) likeliest(logits []float32, i int) int {
	of := logits[i*len(c.classes) : (i+1)*len(c.classes)]
	return slices.Index(of, slices.Max(of))
}

// add counts the images that one of several seeds has right and returns their share.
func (c *classes) add(f *ClassificationFigures, logits []float32, test set, seeds int) float64 {
	images, right, all := make([]int, len(c.classes)), make([]int, len(c.classes)), 0
	for i := range test.N {
		truth := int(test.Labels[i])
		images[truth]++
		if c.likeliest(logits, i) == truth {
			right[truth]++
			all++
		}
	}
	for k, n := range images {
		if n > 0 {
			f.PerClass[c.classes[k]] += float64(right[k]) / float64(n) / float64(seeds)
		}
	}
	accuracy := float64(all) / float64(test.N)
	f.PerSeed = append(f.PerSeed, accuracy)
	return accuracy
}

// learner returns what the network learns: a logit per class.
func (c *classes) learner() learner {
	return learner{
		what: "classification", outputs: len(c.classes),
		loss: func(s *cgo.Scope, logits cgo.Tensor, d set, index []int, device cgo.Device) cgo.Tensor {
			return c.loss(s, logits, device, len(index), func(k int) int { return int(d.Labels[index[k]]) })
		},
		agree: func(s *cgo.Scope, logits, teacher cgo.Tensor, n int, device cgo.Device) cgo.Tensor {
			values, err := cgo.Read(teacher)
			if err != nil {
				return cgo.Tensor{} // the scope holds it too
			}
			return c.loss(s, logits, device, n, func(k int) int {
				of := values[k*len(c.classes) : (k+1)*len(c.classes)]
				return slices.Index(of, slices.Max(of))
			})
		},
		error: c.crossEntropy,
	}
}

// loss returns the cross-entropy of the logits of n images, of which classOf says the class.
func (c *classes) loss(s *cgo.Scope, logits cgo.Tensor, device cgo.Device, n int, classOf func(k int) int) cgo.Tensor {
	truth := make([]float32, n*len(c.classes))
	for k := range n {
		truth[k*len(c.classes)+classOf(k)] = 1
	}
	return models.LossClass(s, logits, s.From(truth, device, int64(n), int64(len(c.classes))), n)
}

// crossEntropy returns the mean cross-entropy of logits for all images of d.
func (c *classes) crossEntropy(logits []float32, d set) float64 {
	total := 0.0
	for i := range d.N {
		of := logits[i*len(c.classes) : (i+1)*len(c.classes)]
		highest, odds := float64(slices.Max(of)), 0.0
		for _, v := range of {
			odds += math.Exp(float64(v) - highest)
		}
		total += highest + math.Log(odds) - float64(of[int(d.Labels[i])])
	}
	return total / float64(d.N)
}
