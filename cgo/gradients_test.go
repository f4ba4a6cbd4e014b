package cgo

import (
	"errors"
	"strings"
	"testing"

	"github.com/wangkuiyi/gotorch/nn/functional"
)

// A 1x1 convolution of x = 3 with w = 2 has the result 6 and the gradient 3 at w. If asked, the convolution must be
// bfloat16; the gradient must be float32 and add to the one before.
func TestGradients(t *testing.T) {
	lockThread(t)
	for _, bfloat := range []bool{false, true} {
		outer := NewScope()
		defer outer.Close()
		x, w := outer.From([]float32{3}, CPU, 1, 1, 1, 1), outer.From([]float32{2}, CPU, 1, 1, 1, 1)
		if err := RequireGrad([]Tensor{w}, true); err != nil {
			t.Fatal(err)
		}
		for turn := range 2 {
			live := Live()
			err := Gradients(bfloat, CPU, func(s *Scope) Tensor {
				y := s.Call("conv", func() Tensor {
					return functional.Conv2d(x, w, Tensor{}, []int64{1, 1}, []int64{0, 0}, []int64{1, 1}, 1)
				}, x, w)
				if info, err := Info(y); err != nil || (info.Type == BFloat16) != bfloat {
					t.Errorf("bfloat %v: the convolution has type %d, %v", bfloat, info.Type, err)
				}
				return s.Sum(s.Float(y))
			})
			if err != nil {
				t.Fatal(err)
			}
			if now := Live(); now != live {
				t.Errorf("%d tensors live after Gradients, %d before", now, live)
			}
			g := outer.Grad(w)
			info, err := Info(g)
			if want := float64(3 * (turn + 1)); err != nil || info.Type != Float32 || outer.Item(g) != want {
				t.Errorf("bfloat %v, turn %d: w's gradient is %v of type %d, want %v", bfloat, turn, outer.Item(g), info.Type, want)
			}
		}
	}
}

// Gradients reports an operation's error or one of f's once, and backpropagates nothing.
func TestGradientsReportsErrors(t *testing.T) {
	lockThread(t)
	failed := errors.New("no images")
	for want, fail := range map[string]func(s *Scope){
		"must match":   func(s *Scope) { s.Add(s.Zeros(Float32, CPU, 2), s.Zeros(Float32, CPU, 3)) },
		failed.Error(): func(s *Scope) { s.Fail(failed) },
	} {
		err := Within(func(outer *Scope) error {
			w := outer.Zeros(Float32, CPU, 1)
			if err := RequireGrad([]Tensor{w}, true); err != nil {
				return err
			}
			err := Gradients(true, CPU, func(s *Scope) Tensor {
				loss := s.Sum(w)
				fail(s)
				return loss
			})
			if err == nil || strings.Count(err.Error(), want) != 1 {
				t.Errorf("%v, want %q once", err, want)
			}
			if outer.Grad(w); outer.Err() == nil {
				t.Error("a failed loss was backpropagated")
			}
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "no gradient") {
			t.Error(err)
		}
	}
}
