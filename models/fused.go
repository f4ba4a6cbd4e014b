package models

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"simgan/cgo"
)

// trunk is a way through R's layers up to the tanh: images with their noise (b, C+k, H, W) -> (b, C, H, W) float32.
type trunk func(s *cgo.Scope, r *Refiner, x cgo.Tensor) (cgo.Tensor, error)

func layerByLayer(s *cgo.Scope, r *Refiner, x cgo.Tensor) (cgo.Tensor, error) {
	return r.layers(s, x, true), s.Err()
}

func onCuDNN(s *cgo.Scope, r *Refiner, x cgo.Tensor) (cgo.Tensor, error) {
	return s.FusedRefiner(x, Tensors(r.params), r.stem.padding, cgo.CuDNNKernels, cgo.BFloat16)
}

// Fuse lets R train through cuDNN's fused kernels on the GPU for batches of n images of h x w, if they are found to compute what
// libtorch's layers compute, and faster: speedup times. The error says why they are not used. R's own weights take no part.
func (r *Refiner) Fuse(device cgo.Device, bfloat bool, n, h, w int) (speedup float64, err error) {
	if err := r.Config.fusable(); err != nil {
		return 0, err
	}
	if !bfloat || device == cgo.CPU {
		return 0, errors.New("it is for a GPU and train.precision bfloat16")
	}
	speedup, err = r.fuseWith(onCuDNN, layerByLayer, device, n, h, w)
	return speedup, errors.Join(err, cgo.ResetPeak(device))
}

// fusable says what of the config has no fused kernels.
func (c RefinerConfig) fusable() error {
	switch {
	case c.Padding == "reflect":
		return errors.New("there are no kernels with refiner.padding reflect, only with zeros and replicate")
	case c.Normalization != "none":
		return fmt.Errorf("there are no kernels with refiner.normalization %s", c.Normalization)
	case c.Kernel%2 == 0 || c.BlockKernel%2 == 0:
		return errors.New("there are no kernels for even filter sizes")
	}
	return nil
}

// fuseWith judges the way beside libtorch's on a refiner like R with weights of its own, and takes it where it is right and pays.
func (r *Refiner) fuseWith(way, libtorch trunk, device cgo.Device, n, h, w int) (float64, error) {
	probe, err := NewRefiner(r.Config, r.Channels)
	if err != nil {
		return 0, err
	}
	defer probe.Close()
	if err := probe.To(device); err != nil {
		return 0, err
	}
	var speedup float64
	err = cgo.Within(func(s *cgo.Scope) error {
		g, err := cgo.NewGenerator(device, 1)
		if err != nil {
			return err
		}
		defer g.Close()
		for i, p := range probe.params { // biases start at 0: a kernel that forgets them must not pass
			if i%2 == 1 {
				if err := cgo.Copy(p.Tensor, s.Scale(s.Randn(g, s.Shape(p.Tensor)...), 0.1)); err != nil {
					return err
				}
			}
		}
		t := trial{
			r: probe, device: device,
			x: s.Randn(g, int64(n), int64(r.Channels)+r.Config.Noise.channels(), int64(h), int64(w)),
			v: s.Add(s.Randn(g, int64(n), int64(r.Channels), int64(h), int64(w)), s.From([]float32{1}, device, 1)),
		}
		if s.Err() != nil {
			return s.Err()
		}
		speedup, err = t.judge(way, libtorch)
		return err
	})
	if err == nil {
		r.fused = way
	}
	return speedup, err
}

// fusedForward is R's trunk by the way that Fuse took; false where there is none, for images that are no training batch (each new
// size would have its kernels chosen anew), and from its first error on, which is no reason to end a run.
func (r *Refiner) fusedForward(s *cgo.Scope, x cgo.Tensor, training bool) (cgo.Tensor, bool) {
	if r.fused == nil || !training || s.Err() != nil {
		return cgo.Tensor{}, false
	}
	y, err := r.fused(s, r, x)
	if err == nil {
		return y, true
	}
	r.fused = nil
	if r.Unfused != nil {
		r.Unfused(err)
	}
	return cgo.Tensor{}, false
}

// trial compares ways through the refiner r on one batch x, with the sum of v * tanh as loss. v has a mean: noise alone makes
// gradients in which terms cancel, and bfloat16's share of them large (13 % for R of the paper; so up to 7 %, most near 1 %).
type trial struct {
	r      *Refiner
	device cgo.Device
	x, v   cgo.Tensor
}

// outcome is what a way computed, named by what(), and the seconds it took.
type outcome struct {
	values  [][]float32
	seconds float64
}

// judge is how much faster than libtorch's layers the way is; an error where it is slower, or computes something else: where it is
// further from float32 than one and a half times what libtorch's bfloat16 is.
func (t trial) judge(way, libtorch trunk) (float64, error) {
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
func (t trial) what(i int) string {
	if i < 2 {
		return [...]string{"result", "result for half a batch"}[i]
	}
	return "gradient of " + t.r.params[i-2].Name
}

// run goes a way several times, forward and backward, in bfloat16 or float32; the values are the last turn's.
func (t trial) run(way trunk, bfloat bool, turns int) (o outcome, err error) {
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
func (t trial) turn(s *cgo.Scope, way trunk, bfloat bool) (seconds float64, y cgo.Tensor, err error) {
	if err := errors.Join(cgo.DropGrads(Tensors(t.r.params)), cgo.Synchronize(t.device)); err != nil {
		return 0, y, err
	}
	start := time.Now()
	err = cgo.AutocastIf(bfloat, t.device, func() error {
		y, err = way(s, t.r, t.x)
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

// read copies a turn's result and gradients to the host, and the result for the half batch with which a step of D begins.
func (t trial) read(s *cgo.Scope, way trunk, bfloat bool, y cgo.Tensor) ([][]float32, error) {
	var half cgo.Tensor
	n := s.Shape(t.x)[0]
	err := cgo.NoGrad(func() error {
		return cgo.AutocastIf(bfloat, t.device, func() (err error) {
			half, err = way(s, t.r, s.Narrow(t.x, 0, 0, n-n/2))
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	tensors := []cgo.Tensor{y, s.Tanh(half)}
	for _, p := range t.r.params {
		tensors = append(tensors, s.Grad(p.Tensor))
	}
	if s.Err() != nil {
		return nil, s.Err()
	}
	values := make([][]float32, len(tensors))
	for i, p := range tensors {
		if values[i], err = cgo.Read(p); err != nil {
			return nil, err
		}
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
