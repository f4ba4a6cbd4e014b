package eval

import (
	"math/rand/v2"

	"simgan/cgo"
	"simgan/models"
)

// Self-training on real images without labels, by a mean teacher (Tarvainen & Valpola 2017): the teacher's weights are
// a running mean of the estimator's. Its estimates for real images as they are become the labels of the same images
// after disturbances that keep labels. They count when the estimator has had a share teachesFrom of its steps, and fully
// after another share of teachingGrows.
const (
	teacherDecay  = 0.99
	teachesFrom   = 0.2
	teachingGrows = 0.1
)

// teacher teaches a student of the same kind. A nil teacher teaches nothing.
type teacher[N network] struct {
	n, student N
	agree      func(s *cgo.Scope, teacher, student N, d set, index []int, random *rand.Rand) cgo.Tensor
	images     set // without labels
	batch      int
	random     *rand.Rand
	steps      float64
}

// newTeacher returns the student's teacher, or nil if there are no images without labels. The caller closes it.
func (l lesson[N]) newTeacher(student N, c EstimatorConfig, seed uint64) (*teacher[N], error) {
	if c.unlabelled.Batch == nil {
		return nil, nil
	}
	n, err := l.place(c)
	if err != nil {
		return nil, err
	}
	t := &teacher[N]{n, student, l.agree, c.unlabelled, c.Batch, rand.New(rand.NewPCG(seed, 2)), float64(c.Steps)}
	if err := cgo.RequireGrad(models.Tensors(n.Params()), false); err != nil {
		n.Close()
		return nil, err
	}
	return t, nil
}

func (t *teacher[N]) close() {
	if t != nil {
		t.n.Close()
	}
}

// add adds to the loss of a step how far student and teacher are apart on real images.
func (t *teacher[N]) add(s *cgo.Scope, loss cgo.Tensor, step int) cgo.Tensor {
	if t == nil {
		return loss
	}
	weight := min((float64(step+1)/t.steps-teachesFrom)/teachingGrows, 1)
	if weight <= 0 {
		return loss
	}
	index := make([]int, t.batch)
	for i := range index {
		index[i] = t.random.IntN(t.images.N)
	}
	return s.Add(loss, s.Scale(t.agree(s, t.n, t.student, t.images, index, t.random), weight))
}

// follow moves the teacher towards the student after a step: at first quickly, because both know nothing.
func (t *teacher[N]) follow(step int) error {
	if t == nil {
		return nil
	}
	decay := min(teacherDecay, float64(step+1)/float64(step+10))
	return cgo.NoGrad(func() error {
		mean, now := t.n.Params(), t.student.Params()
		if err := cgo.EMAStep(models.Tensors(mean), models.Tensors(now), decay); err != nil {
			return err
		}
		for i, b := range models.Buffers(now) {
			if err := cgo.Copy(models.Buffers(mean)[i], b); err != nil {
				return err
			}
		}
		return nil
	})
}

// estimated returns what f returns, as a constant.
func estimated(s *cgo.Scope, f func() cgo.Tensor) (x cgo.Tensor) {
	err := cgo.NoGrad(func() error {
		x = f()
		return s.Err()
	})
	if err != nil {
		return cgo.Tensor{} // the scope holds the error
	}
	return s.Detach(x)
}

// How images of self-training are disturbed: standard deviations in pixel values (-1 to 1), the most of a noise's, and
// the largest part of a side that is blanked.
const (
	disturbContrast = 0.2
	disturbLevel    = 0.15
	disturbNoise    = 0.1
	disturbBlank    = 0.25
)

// disturbed copies the chosen images to the device, each with other contrast, level (unless levels must stay: they are
// depths) and noise, and a rectangle of it blanked: (n, C, H, W). pixels are those of the images, n*C*H*W; they change.
func (d set) disturbed(s *cgo.Scope, pixels []float32, levels bool, random *rand.Rand, device cgo.Device) cgo.Tensor {
	size := d.C * d.H * d.W
	for from := 0; from < len(pixels); from += size {
		image := pixels[from : from+size]
		gain, bias, noise := 1.0, 0.0, disturbNoise*random.Float64()
		if levels {
			gain, bias = 1+disturbContrast*random.NormFloat64(), disturbLevel*random.NormFloat64()
		}
		for i, x := range image {
			image[i] = float32(min(1, max(-1, gain*float64(x)+bias+noise*random.NormFloat64())))
		}
		d.blank(image, random)
	}
	return d.tensor(s, pixels, device)
}

// blank sets a rectangle in all planes of an image to 0.
func (d set) blank(image []float32, random *rand.Rand) {
	side := func(n int) (from, to int) {
		length := random.IntN(int(disturbBlank*float64(n)) + 1)
		from = random.IntN(n - length + 1)
		return from, from + length
	}
	top, bottom := side(d.H)
	left, right := side(d.W)
	for c := range d.C {
		for y := top; y < bottom; y++ {
			clear(image[(c*d.H+y)*d.W+left : (c*d.H+y)*d.W+right])
		}
	}
}
