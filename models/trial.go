package models

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"simgan/cgo"
)

// trial compares ways through a network on one batch x, with the sum of v * tanh as loss. v has a mean: noise alone makes
// gradients in which terms cancel, and bfloat16's share of them large (13 % for R of the paper; so up to 7 %, most near 1 %).
type trial struct {
	network fusable
	shape   []int64 // of x
	half    bool    // the result for half a batch counts too
	images  bool    // the gradient at x too
	device  cgo.Device
	x, v    cgo.Tensor
}

// prepare draws the tensors, on the device, of the scope. Biases start at 0 in a network: kernels that forget them must not pass.
func (t *trial) prepare(s *cgo.Scope, device cgo.Device) error {
	if err := t.network.To(device); err != nil {
		return err
	}
	g, err := cgo.NewGenerator(device, 1)
	if err != nil {
		return err
	}
	defer g.Close()
	for i, p := range t.network.Params() {
		if i%2 == 1 {
			if err := cgo.Copy(p.Tensor, s.Scale(s.Randn(g, s.Shape(p.Tensor)...), 0.1)); err != nil {
				return err
			}
		}
	}
	t.device, t.x = device, s.Randn(g, t.shape...)
	err = cgo.NoGrad(func() error {
		return cgo.Within(func(result *cgo.Scope) error {
			shape := result.Shape(t.network.Layers(result, t.x, true))
			t.v = s.Add(s.Randn(g, shape...), s.From([]float32{1}, device, 1))
			return result.Err()
		})
	})
	if err != nil || s.Err() != nil {
		return errors.Join(err, s.Err())
	}
	return cgo.RequireGrad([]cgo.Tensor{t.x}, t.images)
}

// leaves are what takes gradients.
func (t *trial) leaves() []cgo.Tensor {
	leaves := Tensors(t.network.Params())
	if t.images {
		leaves = append(leaves, t.x)
	}
	return leaves
}

// outcome is what a way computed, named by what(), and the seconds it took.
type outcome struct {
	values  [][]float32
	seconds float64
}

// judge is how much faster than libtorch's layers the way is; an error where it is slower, or computes something else: where it is
// further from float32 than one and a half times what libtorch's bfloat16 is.
func (t *trial) judge(way, libtorch trunk) (float64, error) {
	var exact outcome
	err := cgo.ExactFloat32(func() (err error) {
		exact, err = t.run(libtorch, false, 1)
		return err
	})
	if err != nil {
		return 0, err
	}
	plain, err := t.run(libtorch, true, timedTurns)
	if err != nil {
		return 0, err
	}
	fused, err := t.run(way, true, timedTurns)
	if err != nil {
		return 0, err
	}
	for i, want := range exact.values {
		far, usual := distance(fused.values[i], want), distance(plain.values[i], want)
		if !(far <= 1.5*usual+0.01) {
			return 0, fmt.Errorf("its %s is %.2g of its length off, libtorch's in bfloat16 %.2g", t.what(i), far, usual)
		}
	}
	speedup := plain.seconds / fused.seconds
	if speedup < 1 {
		return speedup, fmt.Errorf("it took %.2f times as long as libtorch's layers", 1/speedup)
	}
	return speedup, nil
}

// timedTurns are the turns of which the fastest counts; the first ones warm up.
const timedTurns = 6

// what names the i-th of an outcome's values.
func (t *trial) what(i int) string {
	names := []string{"result"}
	if t.half {
		names = append(names, "result for half a batch")
	}
	for _, p := range t.network.Params() {
		names = append(names, "gradient of "+p.Name)
	}
	return append(names, "gradient of the images")[i]
}

// run goes a way several times, forward and backward, in bfloat16 or float32; the values are the last turn's.
func (t *trial) run(way trunk, bfloat bool, turns int) (o outcome, err error) {
	o.seconds = math.Inf(1)
	for k := range turns {
		err = cgo.Within(func(s *cgo.Scope) error {
			seconds, y, err := t.turn(s, way, bfloat)
			o.seconds = min(o.seconds, seconds)
			if err != nil || k < turns-1 {
				return err
			}
			o.values, err = t.read(s, way, bfloat, y)
			return err
		})
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// turn is one forward and backward pass of the way, and its seconds; gradients are fresh.
func (t *trial) turn(s *cgo.Scope, way trunk, bfloat bool) (seconds float64, y cgo.Tensor, err error) {
	if err := errors.Join(cgo.DropGrads(t.leaves()), cgo.Synchronize(t.device)); err != nil {
		return 0, y, err
	}
	start := time.Now()
	err = cgo.AutocastIf(bfloat, t.device, func() error {
		y, err = way(s, t.network, t.x)
		return err
	})
	if err != nil {
		return 0, y, err
	}
	y = s.Tanh(y)
	loss := s.Sum(s.Mul(y, t.v))
	if s.Err() != nil {
		return 0, y, s.Err()
	}
	err = errors.Join(s.Backward(loss), cgo.Synchronize(t.device))
	return time.Since(start).Seconds(), y, err
}

// read copies a turn's result and gradients to the host, and the result for half of the batch.
func (t *trial) read(s *cgo.Scope, way trunk, bfloat bool, y cgo.Tensor) (values [][]float32, err error) {
	tensors := []cgo.Tensor{y}
	if t.half {
		err = cgo.NoGrad(func() error {
			return cgo.AutocastIf(bfloat, t.device, func() error {
				half, err := way(s, t.network, s.Narrow(t.x, 0, 0, t.shape[0]-t.shape[0]/2))
				tensors = append(tensors, s.Tanh(half))
				return err
			})
		})
		if err != nil {
			return nil, err
		}
	}
	for _, leaf := range t.leaves() {
		tensors = append(tensors, s.Grad(leaf))
	}
	if s.Err() != nil {
		return nil, s.Err()
	}
	for _, p := range tensors {
		read, err := cgo.Read(p)
		if err != nil {
			return nil, err
		}
		values = append(values, read)
	}
	return values, nil
}

// distance is |a - b| / |b|, of vectors.
func distance(a, b []float32) float64 {
	if slices.Equal(a, b) {
		return 0
	}
	var apart, length float64
	for i, v := range b {
		d := float64(a[i]) - float64(v)
		apart += d * d
		length += float64(v) * float64(v)
	}
	return math.Sqrt(apart / length)
}
