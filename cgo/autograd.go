package cgo

// #include "libsimgan/autograd.h"
import "C"

import "errors"

// Backward adds d(loss)/dt to the gradient of every leaf t that requires one.
func (s *Scope) Backward(loss Tensor) error {
	if s.err != nil {
		return s.err
	}
	return check("backward", C.sg_backward(ptr(loss)), loss)
}

// Gradient returns d(sum of y)/dx as a tensor that can be differentiated again.
func (s *Scope) Gradient(y, x Tensor) Tensor {
	return s.op("gradient", func(out *C.sg_tensor) *C.char { return C.sg_gradient(ptr(y), ptr(x), out) }, y, x)
}

// Grad returns t's gradient. It is an error if t has none.
func (s *Scope) Grad(t Tensor) Tensor {
	return s.op("grad", func(out *C.sg_tensor) *C.char {
		message := C.sg_grad_get(ptr(t), out)
		if message == nil && *out == nil {
			return C.CString("the tensor has no gradient")
		}
		return message
	}, t)
}

// DropGrads drops the tensors' gradients.
func DropGrads(ts []Tensor) error {
	p, n := ptrs(ts)
	return check("drop gradients", C.sg_grad_drop(p, n), ts...)
}

// RequireGrad sets whether the tensors take gradients. Off freezes them.
func RequireGrad(ts []Tensor, on bool) error {
	for _, t := range ts {
		if err := check("require gradient", C.sg_requires_grad(ptr(t), flag(on)), t); err != nil {
			return err
		}
	}
	return nil
}

// Detach returns t without its history. It shares t's data.
func (s *Scope) Detach(t Tensor) Tensor {
	return s.op("detach", func(out *C.sg_tensor) *C.char { return C.sg_detach(ptr(t), out) }, t)
}

// NoGrad runs f without recording gradients.
func NoGrad(f func() error) error {
	var was, ignored C.int
	if err := check("no grad", C.sg_grad_mode(0, &was)); err != nil {
		return err
	}
	err := f()
	return errors.Join(err, check("no grad", C.sg_grad_mode(was, &ignored)))
}

// Autocast runs f with convolutions and matrix products in bfloat16 on the device. Weights stay float32.
func Autocast(device Device, f func() error) error {
	if err := check("autocast", C.sg_autocast(1, C.int32_t(device))); err != nil {
		return err
	}
	err := f()
	return errors.Join(err, check("autocast", C.sg_autocast(0, C.int32_t(device))))
}

// AutocastIf runs f, under Autocast if on is set.
func AutocastIf(on bool, device Device, f func() error) error {
	if !on {
		return f()
	}
	return Autocast(device, f)
}

// sgdStep updates parameters by p -= lr * gradient.
func sgdStep(params []Tensor, lr float64) error {
	p, n := ptrs(params)
	return check("sgd", C.sg_sgd_step(p, n, C.double(lr)))
}

// adamStep updates parameters by Adam (Kingma & Ba 2015). m and v are the moments, counts the number of updates, one
// value each.
func adamStep(params, m, v, counts []Tensor, lr, beta1, beta2, eps float64) error {
	p, n := ptrs(params)
	pm, _ := ptrs(m)
	pv, _ := ptrs(v)
	pc, _ := ptrs(counts)
	return check("adam", C.sg_adam_step(p, pm, pv, pc, n, C.double(lr), C.double(beta1), C.double(beta2), C.double(eps)))
}

// sgdStepAt is sgdStep with the learning rate in a float32 tensor (1) on the parameters' device.
func sgdStepAt(params []Tensor, lr Tensor) error {
	p, n := ptrs(params)
	return check("sgd", C.sg_sgd_step_at(p, n, ptr(lr)), lr)
}

// adamStepAt is adamStep with the learning rate in a float32 tensor (1) on the parameters' device.
func adamStepAt(params, m, v, counts []Tensor, lr Tensor, beta1, beta2, eps float64) error {
	p, n := ptrs(params)
	pm, _ := ptrs(m)
	pv, _ := ptrs(v)
	pc, _ := ptrs(counts)
	return check("adam", C.sg_adam_step_at(p, pm, pv, pc, n, ptr(lr), C.double(beta1), C.double(beta2), C.double(eps)), lr)
}

// EMAStep moves averages towards params: a = decay a + (1 - decay) p.
func EMAStep(averages, params []Tensor, decay float64) error {
	a, n := ptrs(averages)
	p, _ := ptrs(params)
	return check("ema", C.sg_ema_step(a, p, n, C.double(decay)))
}

func flag(on bool) C.int {
	if on {
		return 1
	}
	return 0
}
