package models

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"simgan/cgo"
)

// trial compares paths through a network on one batch x, with the sum of v * tanh as loss. v has a mean, because with
// noise alone the terms of a gradient cancel, and bfloat16's relative error becomes large: 13 % for the paper's R. With
// the mean it is up to 7 %, mostly near 1 %.
type trial struct {
	network convNet
	shape   []int64 // of x
	half    bool    // compare the result for half a batch too
	images  bool    // compare the gradient of x too
	device  cgo.Device
	x, v    cgo.Tensor
}

// drawTensors draws x, v and the biases on the device; the scope owns x and v. A network's biases start at 0, and
// kernels that forget them must not pass.
func (t *trial) drawTensors(s *cgo.Scope, device cgo.Device) error {
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

// leaves returns the tensors that take gradients.
func (t *trial) leaves() []cgo.Tensor {
	leaves := Tensors(t.network.Params())
	if t.images {
		leaves = append(leaves, t.x)
	}
	return leaves
}

// outcome holds the values that a path computed, named by valueName, and the seconds of a pass in its fastest turn.
type outcome struct {
	values  [][]float32
	seconds float64
}

// errSlower is the error of a path that is right and slower than libtorch's layers.
var errSlower = errors.New("fused kernels are slower")

// comparePaths returns how many times as fast as libtorch's layers the path is. It returns an error if the path is
// wrong: its distance from float32 may be at most 1.5 times that of libtorch's layers in bfloat16. It returns an
// errSlower if the path is slower by more than 3 %, which is what two timings differ by.
func (t *trial) comparePaths(path, libtorch convPath) (float64, error) {
	var exact outcome
	err := cgo.ExactFloat32(func() (err error) {
		exact, err = t.runPath(libtorch, false, 1, 1)
		return err
	})
	if err != nil {
		return 0, err
	}
	plain, err := t.runPath(libtorch, true, timedTurns, passesPerTurn)
	if err != nil {
		return 0, err
	}
	fused, err := t.runPath(path, true, timedTurns, passesPerTurn)
	if err != nil {
		return 0, err
	}
	for i, want := range exact.values {
		ours, usual := relativeDistance(fused.values[i], want), relativeDistance(plain.values[i], want)
		if !(ours <= 1.5*usual+0.01) {
			return 0, fmt.Errorf("%s: relative error %.2g, libtorch's layers in bfloat16: %.2g", t.valueName(i), ours, usual)
		}
	}
	speedup := plain.seconds / fused.seconds
	if speedup < 0.97 {
		return speedup, fmt.Errorf("%w: they took %.2f times as long as libtorch's layers", errSlower, 1/speedup)
	}
	return speedup, nil
}

// A path is timed in turns of several passes, because the host waits for the device once per turn. The fastest turn
// counts; the first one warms up.
const timedTurns, passesPerTurn = 4, 3

// valueName names the i-th of an outcome's values.
func (t *trial) valueName(i int) string {
	names := []string{"result"}
	if t.half {
		names = append(names, "result for half a batch")
	}
	for _, p := range t.network.Params() {
		names = append(names, "gradient of "+p.Name)
	}
	return append(names, "gradient of the images")[i]
}

// runPath runs the path in turns of several passes, forward and backward, in bfloat16 or float32. The values are the
// last pass's.
func (t *trial) runPath(path convPath, bfloat bool, turns, passes int) (o outcome, err error) {
	fastest := math.Inf(1)
	for turn := range turns {
		if o, err = t.runTurn(path, bfloat, passes, turn == turns-1); err != nil {
			return o, err
		}
		fastest = min(fastest, o.seconds)
	}
	o.seconds = fastest
	return o, nil
}

// runTurn runs several passes. The outcome has the values of the last if read is true; reading is not timed.
func (t *trial) runTurn(path convPath, bfloat bool, passes int, read bool) (o outcome, err error) {
	if err := cgo.Synchronize(t.device); err != nil {
		return o, err
	}
	start := time.Now()
	for pass := range passes {
		err := cgo.Within(func(s *cgo.Scope) error {
			y, err := t.onePass(s, path, bfloat)
			if err != nil || pass < passes-1 {
				return err
			}
			if err := cgo.Synchronize(t.device); err != nil {
				return err
			}
			o.seconds = time.Since(start).Seconds() / float64(passes)
			if read {
				o.values, err = t.readValues(s, path, bfloat, y)
			}
			return err
		})
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// onePass runs the path once, forward and backward, with fresh gradients, and returns the result. On a GPU it does not
// wait for the device.
func (t *trial) onePass(s *cgo.Scope, path convPath, bfloat bool) (y cgo.Tensor, err error) {
	if err := cgo.DropGrads(t.leaves()); err != nil {
		return y, err
	}
	err = cgo.AutocastIf(bfloat, t.device, func() error {
		y, err = path(s, t.network, t.x)
		return err
	})
	if err != nil {
		return y, err
	}
	y = s.Tanh(y)
	return y, s.Backward(s.Sum(s.Mul(y, t.v)))
}

// readValues copies a pass's result and gradients to the host, and the result for half of the batch.
func (t *trial) readValues(s *cgo.Scope, path convPath, bfloat bool, y cgo.Tensor) (values [][]float32, err error) {
	tensors := []cgo.Tensor{y}
	if t.half {
		err = cgo.NoGrad(func() error {
			return cgo.AutocastIf(bfloat, t.device, func() error {
				half, err := path(s, t.network, s.Narrow(t.x, 0, 0, t.shape[0]-t.shape[0]/2))
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

// relativeDistance returns |a - b| / |b| for vectors a and b.
func relativeDistance(a, b []float32) float64 {
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
