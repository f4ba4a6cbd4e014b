package cgo

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// lossCase is a loss of x, of the shape, computed by a method.
type lossCase struct {
	name         string
	shape        []int64
	channelsLast bool
	kind         Type
	loss         func(s *Scope, x Tensor, method lossMethod) Tensor
}

func patchNLLCase(name string, channelsLast bool, kind Type, class int64) lossCase {
	return lossCase{name, []int64{3, 2, 9, 14}, channelsLast, kind, func(s *Scope, x Tensor, method lossMethod) Tensor {
		return s.patchNLL(x, class, 0.25, method)
	}}
}

// l1Case is the distance to images in which every other pixel equals x's.
func l1Case(name string, n int64, limit float64) lossCase {
	return lossCase{name, []int64{n, 1, 7, 9}, false, Float32, func(s *Scope, x Tensor, method lossMethod) Tensor {
		values, err := Read(x)
		if err != nil {
			s.fail("l1", err.Error(), nil)
			return Tensor{}
		}
		for i := range values {
			values[i] -= float32(i % 2)
		}
		info, _ := Info(x)
		return s.l1(x, s.From(values, info.Device, info.Shape...), 0.02, limit, method)
	}}
}

var lossCases = []lossCase{
	patchNLLCase("class 0", false, Float32, 0), patchNLLCase("class 1", false, Float32, 1),
	patchNLLCase("channels innermost", true, Float32, 1), patchNLLCase("bfloat16", true, BFloat16, 0),
	l1Case("l1", 3, 0), l1Case("l1 of nothing", 0, 0), l1Case("limited l1", 3, 0.25), l1Case("hardly limited", 3, 100),
}

// values returns logits from undecided ones to some whose softmax is 0 or 1.
func (c lossCase) values() []float32 {
	values := make([]float32, TensorInfo{Shape: c.shape}.Numel())
	for i := range values {
		values[i] = float32(math.Sin(float64(i)*0.7) * math.Exp2(float64(i%8)))
	}
	return values
}

// compute returns the loss, and the gradient at x of three times the loss.
func (c lossCase) compute(device Device, method lossMethod) (out []float32, err error) {
	err = Within(func(s *Scope) error {
		x := s.To(s.From(c.values(), device, c.shape...), device, c.kind)
		if c.channelsLast {
			x = s.ChannelsLast(x)
		}
		x = s.Detach(x)
		if s.Err() != nil {
			return s.Err()
		}
		if err := RequireGrad([]Tensor{x}, true); err != nil {
			return err
		}
		loss := c.loss(s, x, method)
		if err := s.Backward(s.Scale(loss, 3)); err != nil {
			return err
		}
		out, err = Read(loss)
		gradient, wrong := Read(s.Float(s.Grad(x)))
		out = append(out, gradient...)
		return errors.Join(err, wrong, s.Err())
	})
	return out, err
}

// kernelLossIsLibtorchs compares the device kernel with libtorch's operations and their derivatives, value by value. A
// gradient in bfloat16 may be its neighbour, at most 2^-7 off: libtorch's exponential differs between processors.
func kernelLossIsLibtorchs(c lossCase, device Device) error {
	want, err := c.compute(device, libtorchLoss)
	if err != nil {
		return err
	}
	got, err := c.compute(device, kernelLoss)
	if err != nil {
		return err
	}
	for i := range want {
		limit := 1e-5
		if i > 0 && c.kind == BFloat16 {
			limit = 1. / 128
		}
		if far := math.Abs(float64(got[i] - want[i])); !(far <= limit*math.Abs(float64(want[i]))+1e-7) {
			return fmt.Errorf("value %d, the loss or a gradient, is %v, libtorch's %v", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d values, libtorch's %d", len(got), len(want))
	}
	return nil
}

func TestKernelLossesAreLibtorchs(t *testing.T) {
	lockThread(t)
	for _, c := range lossCases {
		if err := kernelLossIsLibtorchs(c, CPU); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// The device kernels refuse what they would compute wrongly: second derivatives, and layouts with gaps, which libtorch
// computes if the choice is free.
func TestKernelLossesRefuse(t *testing.T) {
	lockThread(t)
	leaf := func(s *Scope) Tensor {
		x := s.From(make([]float32, 4*2*3*3), CPU, 4, 2, 3, 3)
		if err := RequireGrad([]Tensor{x}, true); err != nil {
			t.Fatal(err)
		}
		return x
	}
	for want, f := range map[string]func(s *Scope){
		"second derivative": func(s *Scope) { x := leaf(s); s.Gradient(s.patchNLL(x, 0, 1, kernelLoss), x) },
		"do not read":       func(s *Scope) { x := s.Narrow(leaf(s), 2, 0, 2); s.patchNLL(x, 0, 1, kernelLoss) },
		"with strides":      func(s *Scope) { x := s.Narrow(leaf(s), 3, 0, 2); s.l1(x, x, 1, 0, kernelLoss) },
		"(b, 2, h, w)":      func(s *Scope) { s.PatchNLL(s.Zeros(Float32, CPU, 2, 3, 4, 4), 0, 1) },
	} {
		err := Within(func(s *Scope) error { f(s); return nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	err := Within(func(s *Scope) error {
		x := s.Narrow(leaf(s), 2, 0, 2)
		if nll := s.Item(s.PatchNLL(x, 0, 1)); math.Abs(nll-24*math.Ln2) > 1e-5 {
			t.Errorf("24 patches of equal logits: %v, want 24 ln 2", nll)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
