package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// unlabelledSet returns n grey images of h x w.
func unlabelledSet(n, h, w int) set {
	b := &data.Batch{N: n, C: 1, H: h, W: w, Bits: 8, Levels: make([]byte, n*h*w)}
	for i := range b.Levels {
		b.Levels[i] = byte(64 + i%128)
	}
	return set{b, n}
}

// A teacher counts nothing in the first fifth of the steps, grows for a tenth, and then counts fully. It moves to 9/10 of
// the way at the first step (decay 1/10) and takes no gradients.
func TestTeacher(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	images := unlabelledSet(5, 18, 18)
	l := lesson[*models.ImageEstimator]{
		build: func() (*models.ImageEstimator, error) { return models.NewImageEstimator(1, 18, 18, 2) },
		agree: func(s *cgo.Scope, _, _ *models.ImageEstimator, d set, index []int, _ *rand.Rand) cgo.Tensor {
			if len(index) != 3 || slices.Max(index) >= d.N {
				t.Errorf("images %v of %d", index, d.N)
			}
			return s.From([]float32{8}, cgo.CPU, 1)
		},
	}
	c := EstimatorConfig{Steps: 100, Batch: 3, Device: cgo.CPU, unlabelled: images}
	student, err := l.place(c)
	if err != nil {
		t.Fatal(err)
	}
	defer student.Close()
	teacher, err := l.newTeacher(student, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer teacher.close()
	first := func(e *models.ImageEstimator) float32 {
		values, err := cgo.Read(e.Params()[0].Tensor)
		if err != nil {
			t.Fatal(err)
		}
		return values[0]
	}
	before := first(teacher.n)
	if err := teacher.follow(0); err != nil {
		t.Fatal(err)
	}
	want := float64(before)/10 + float64(first(student))*9/10
	if got := float64(first(teacher.n)); math.Abs(got-want) > 1e-6 {
		t.Errorf("the teacher's weight is %g after a step, want %g", got, want)
	}
	err = cgo.Within(func(s *cgo.Scope) error {
		for step, want := range map[int]float64{0: 1, 19: 1, 24: 5, 29: 9, 99: 9} {
			if got := s.Item(teacher.add(s, s.From([]float32{1}, cgo.CPU, 1), step)); math.Abs(got-want) > 1e-5 {
				t.Errorf("step %d: a loss of 1 and 8 weighted: %g, want %g", step, got, want)
			}
		}
		return s.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

// Disturbed images keep their size and range, and have at most a quarter of each side blanked. Depths keep their level.
func TestDisturbed(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	d, random := unlabelledSet(40, 16, 20), rand.New(rand.NewPCG(1, 2))
	index := make([]int, d.N)
	for i := range index {
		index[i] = i
	}
	size := 16 * 20
	for _, levels := range []bool{true, false} {
		original := d.pixels(index)
		var got []float32
		err := cgo.Within(func(s *cgo.Scope) (err error) {
			x := d.disturbed(s, d.pixels(index), levels, random, cgo.CPU)
			if shape := s.Shape(x); !slices.Equal(shape, []int64{40, 1, 16, 20}) {
				t.Errorf("shape %v", shape)
			}
			got, err = cgo.Read(x)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		blanked, most := 0, 0.0
		for i := range d.N {
			zeros, moved := 0, 0.0
			for p := i * size; p < (i+1)*size; p++ {
				if !(got[p] >= -1 && got[p] <= 1) {
					t.Fatalf("pixel %g", got[p])
				}
				if got[p] == 0 {
					zeros++
				} else {
					moved += float64(got[p]-original[p]) / float64(size)
				}
			}
			if zeros > 4*5+1 {
				t.Errorf("image %d: %d pixels are blank", i, zeros)
			}
			blanked, most = blanked+zeros, max(most, math.Abs(moved))
		}
		if blanked == 0 || (most > 0.1) != levels {
			t.Errorf("levels %v: %d pixels blanked, levels moved by up to %.2f", levels, blanked, most)
		}
	}
}
