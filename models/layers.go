// Package models holds the networks as tables: SimGAN's refiner and discriminator, the gaze estimator, the hand
// estimator, and their losses. Shapes are (b, C, H, W); pixels lie in [-1, 1].
package models

import (
	"fmt"
	"math"

	"github.com/wangkuiyi/gotorch/nn"
	"github.com/wangkuiyi/gotorch/nn/initializer"

	"simgan/cgo"
	"simgan/models/architecture"
)

// Param is one tensor of a network, under the name that PyTorch would give it.
type Param struct {
	Name   string
	Tensor cgo.Tensor
	Buffer bool // a running statistic: saved, not trained
	Rows   bool // the leading rows of a buffer that fills: a file may hold more, of which Load takes the first
}

// Tensors returns the trained tensors of params, in order.
func Tensors(params []Param) []cgo.Tensor {
	var out []cgo.Tensor
	for _, p := range params {
		if !p.Buffer {
			out = append(out, p.Tensor)
		}
	}
	return out
}

// Count returns the number of trained values.
func Count(params []Param) (n int64) {
	for _, t := range Tensors(params) {
		if info, err := cgo.Info(t); err == nil {
			n += info.Numel()
		}
	}
	return n
}

// Module holds a network's named tensors, all on one device. Every network embeds it.
type Module struct{ params []Param }

// Params returns the network's tensors in the order of its layers.
func (m *Module) Params() []Param { return m.params }

// Close frees the network.
func (m *Module) Close() {
	for _, p := range m.params {
		cgo.Free(p.Tensor)
	}
	m.params = nil
}

// Buffers returns the running statistics among the parameters.
func Buffers(params []Param) (ts []cgo.Tensor) {
	for _, p := range params {
		if p.Buffer {
			ts = append(ts, p.Tensor)
		}
	}
	return ts
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

// Freeze turns the gradients of the network's tensors off or on. Losses send gradients through a frozen network too.
func (m *Module) Freeze(frozen bool) error { return cgo.RequireGrad(Tensors(m.params), !frozen) }

func (m *Module) addParam(name string, t cgo.Tensor, buffer bool) {
	cgo.Adopt(t)
	m.params = append(m.params, Param{Name: name, Tensor: t, Buffer: buffer})
}

// addWeights initialises a layer's weight and bias and adds them to the network. The weight gets normal numbers of the
// given std; 0 means that of He et al. 2015 for a layer with a ReLU after it, which has inputs values per output. The
// bias is zero.
func (m *Module) addWeights(name string, weight, bias *cgo.Tensor, inputs int64, std float64) {
	if std == 0 {
		std = math.Sqrt(2 / float64(inputs))
	}
	initializer.Normal(weight, 0, std)
	initializer.Zeros(bias)
	m.addParam(name+".weight", *weight, false)
	m.addParam(name+".bias", *bias, false)
}

// conv is gotorch's convolution with bias. Its padding is k/2 of the given kind, so that stride 1 keeps the size.
type conv struct {
	*nn.Conv2dModule
	name    string
	padding cgo.Padding
}

func (m *Module) conv(name string, in, out, k, stride int64, padding cgo.Padding, std float64) conv {
	pad := k / 2
	if padding != cgo.Zeros {
		pad = 0 // forward pads
	}
	c := conv{nn.Conv2d(in, out, k, stride, pad, 1, 1, true, "zeros"), name, padding}
	m.addWeights(name, &c.Weight, &c.Bias, in*k*k, std)
	return c
}

// forward maps (b, in, h, w) to (b, out, h/stride, w/stride).
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
	m.addParam(name+".weight", b.Weight, false)
	m.addParam(name+".bias", b.Bias, false)
	m.addParam(name+".running_mean", b.RunningMean, true)
	m.addParam(name+".running_var", b.RunningVar, true)
	return norm{b, name}
}

// forward normalises over batch and space. In training it uses the batch's statistics and updates the running ones.
func (n norm) forward(s *cgo.Scope, x cgo.Tensor, training bool) cgo.Tensor {
	if n.BatchNorm2dModule == nil {
		return x
	}
	return s.Call(n.name, func() cgo.Tensor {
		n.Train(training)
		return n.Forward(x)
	}, x, n.Weight, n.Bias)
}

// linear is gotorch's fully connected layer.
type linear struct {
	*nn.LinearModule
	name string
}

func (m *Module) linear(name string, in, out int64, std float64) linear {
	l := linear{nn.Linear(in, out, true), name}
	m.addWeights(name, &l.Weight, &l.Bias, in, std)
	return l
}

// forward maps (b, in) to (b, out).
func (l linear) forward(s *cgo.Scope, x cgo.Tensor) cgo.Tensor {
	return s.Call(l.name, func() cgo.Tensor { return l.Forward(x) }, x, l.Weight, l.Bias)
}

// buildNetwork runs build and turns a panic of gotorch's constructors into an error that names the network.
func buildNetwork(name string, build func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %v", name, r)
		}
	}()
	build()
	return nil
}

// Device returns the device that the network is on.
func (m *Module) Device() (cgo.Device, error) {
	info, err := cgo.Info(m.params[0].Tensor)
	return info.Device, err
}
