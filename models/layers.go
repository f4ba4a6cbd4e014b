// Package models holds the networks as tables: SimGAN's refiner and discriminator, the gaze estimator, and the losses
// between them. Shapes are (b, C, H, W); pixels lie in [-1, 1].
package models

import (
	"fmt"
	"math"

	"github.com/wangkuiyi/gotorch/nn"
	"github.com/wangkuiyi/gotorch/nn/initializer"

	"simgan/cgo"
	"simgan/models/architecture"
)

// Param is one tensor of a network under the name PyTorch would give it.
type Param struct {
	Name   string
	Tensor cgo.Tensor
	Buffer bool // a running statistic: saved, not trained
}

// Tensors are the trained tensors of params, in order.
func Tensors(params []Param) []cgo.Tensor {
	var out []cgo.Tensor
	for _, p := range params {
		if !p.Buffer {
			out = append(out, p.Tensor)
		}
	}
	return out
}

// Count is the number of trained values.
func Count(params []Param) (n int64) {
	for _, t := range Tensors(params) {
		if info, err := cgo.Info(t); err == nil {
			n += info.Numel()
		}
	}
	return n
}

// Module is what every network is: named tensors on one device.
type Module struct{ params []Param }

// Params are the network's tensors in the order of its layers.
func (m *Module) Params() []Param { return m.params }

// Close frees the network.
func (m *Module) Close() {
	for _, p := range m.params {
		cgo.Free(p.Tensor)
	}
	m.params = nil
}

// To moves the network to the device.
func (m *Module) To(device cgo.Device) error {
	for _, p := range m.params {
		if err := cgo.Move(p.Tensor, device); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

// Freeze keeps the network fixed: losses still send gradients through it, but it takes none itself.
func (m *Module) Freeze(frozen bool) error { return cgo.RequireGrad(Tensors(m.params), !frozen) }

func (m *Module) add(name string, t cgo.Tensor, buffer bool) {
	cgo.Own(t)
	m.params = append(m.params, Param{name, t, buffer})
}

// conv is a convolution with bias, of gotorch, initialised after He et al. 2015 for the ReLU behind it; a small std > 0
// initialises with normal numbers instead. Its padding is k/2 of the given kind, so that stride 1 keeps the size.
type conv struct {
	*nn.Conv2dModule
	name    string
	padding cgo.Padding
}

func (m *Module) conv(name string, in, out, k, stride int64, padding cgo.Padding, std float64) conv {
	pad := k / 2
	if padding != cgo.Zeros {
		pad = 0 // drawn by forward
	}
	c := conv{nn.Conv2d(in, out, k, stride, pad, 1, 1, true, "zeros"), name, padding}
	if std == 0 {
		std = math.Sqrt(2 / float64(in*k*k))
	}
	initializer.Normal(&c.Weight, 0, std)
	initializer.Zeros(&c.Bias)
	m.add(name+".weight", c.Weight, false)
	m.add(name+".bias", c.Bias, false)
	return c
}

// forward is (b, in, h, w) -> (b, out, h/stride, w/stride).
func (c conv) forward(s *cgo.Scope, x cgo.Tensor) cgo.Tensor {
	if c.padding != cgo.Zeros && c.KernelSize > 1 {
		x = s.Pad(x, c.KernelSize/2, c.padding)
	}
	return s.Call(c.name, func() cgo.Tensor { return c.Forward(x) }, x, c.Weight, c.Bias)
}

// norm is batch normalisation (Ioffe & Szegedy 2015), or nothing.
type norm struct {
	*nn.BatchNorm2dModule
	name string
}

func (m *Module) norm(name string, kind architecture.Normalization, channels int64) norm {
	if kind == architecture.NoNormalization {
		return norm{}
	}
	b := nn.BatchNorm2d(channels, 1e-5, 0.1, true, true)
	m.add(name+".weight", b.Weight, false)
	m.add(name+".bias", b.Bias, false)
	m.add(name+".running_mean", b.RunningMean, true)
	m.add(name+".running_var", b.RunningVar, true)
	return norm{b, name}
}

// forward normalises over batch and space; training uses and updates the batch's statistics.
func (n norm) forward(s *cgo.Scope, x cgo.Tensor, training bool) cgo.Tensor {
	if n.BatchNorm2dModule == nil {
		return x
	}
	return s.Call(n.name, func() cgo.Tensor {
		n.Train(training)
		return n.Forward(x)
	}, x, n.Weight, n.Bias)
}

// linear is a fully connected layer of gotorch, initialised as conv.
type linear struct {
	*nn.LinearModule
	name string
}

func (m *Module) linear(name string, in, out int64, std float64) linear {
	l := linear{nn.Linear(in, out, true), name}
	if std == 0 {
		std = math.Sqrt(2 / float64(in))
	}
	initializer.Normal(&l.Weight, 0, std)
	initializer.Zeros(&l.Bias)
	m.add(name+".weight", l.Weight, false)
	m.add(name+".bias", l.Bias, false)
	return l
}

// forward is (b, in) -> (b, out).
func (l linear) forward(s *cgo.Scope, x cgo.Tensor) cgo.Tensor {
	return s.Call(l.name, func() cgo.Tensor { return l.Forward(x) }, x, l.Weight, l.Bias)
}

// guarded turns a panic of gotorch's constructors into an error that names the network.
func guarded(what string, build func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %v", what, r)
		}
	}()
	build()
	return nil
}

// Device is where the network is.
func (m *Module) Device() (cgo.Device, error) {
	info, err := cgo.Info(m.params[0].Tensor)
	return info.Device, err
}
