package config

import (
	"gopkg.in/yaml.v3"

	"simgan/internal/enum"
)

// Resident says whether images stay on the training device.
type Resident string

// The choices of data.resident.
const (
	ResidentAuto Resident = "auto"
	ResidentOn   Resident = "on"
	ResidentOff  Resident = "off"
)

// UnmarshalText accepts auto, on and off.
func (r *Resident) UnmarshalText(text []byte) error {
	return enum.Parse(r, "data.resident", text, ResidentAuto, ResidentOn, ResidentOff)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (r *Resident) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(r, n) }

// Optimizer names the optimizer of R and of D.
type Optimizer string

// The choices of train.optimizer.
const (
	SGD  Optimizer = "sgd"
	Adam Optimizer = "adam"
)

// UnmarshalText accepts sgd and adam.
func (o *Optimizer) UnmarshalText(text []byte) error {
	return enum.Parse(o, "train.optimizer", text, SGD, Adam)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (o *Optimizer) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(o, n) }

// LRDecay says how learning rates change during Algorithm 1.
type LRDecay string

// The choices of train.lr_decay.
const (
	NoDecay     LRDecay = "none"
	LinearDecay LRDecay = "linear" // to 0 at iteration T
)

// UnmarshalText accepts none and linear.
func (d *LRDecay) UnmarshalText(text []byte) error {
	return enum.Parse(d, "train.lr_decay", text, NoDecay, LinearDecay)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (d *LRDecay) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(d, n) }

// Precision is the arithmetic of convolutions and matrix products.
type Precision string

// The choices of train.precision.
const (
	PrecisionAuto Precision = "auto"
	Float32       Precision = "float32"
	BFloat16      Precision = "bfloat16"
)

// UnmarshalText accepts auto, float32 and bfloat16.
func (p *Precision) UnmarshalText(text []byte) error {
	return enum.Parse(p, "train.precision", text, PrecisionAuto, Float32, BFloat16)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (p *Precision) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(p, n) }

// Kernels are what computes the convolutions of R and D on a CPU. Each rounds in its own way.
type Kernels string

// The choices of train.kernels.
const (
	KernelsAuto     Kernels = "auto"
	AMXKernels      Kernels = "amx"      // ours, for bfloat16
	WinogradKernels Kernels = "winograd" // ours, for float32
	LibtorchKernels Kernels = "libtorch"
)

// UnmarshalText accepts auto, amx, winograd and libtorch.
func (k *Kernels) UnmarshalText(text []byte) error {
	return enum.Parse(k, "train.kernels", text, KernelsAuto, AMXKernels, WinogradKernels, LibtorchKernels)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (k *Kernels) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(k, n) }

// Capture says whether updates are recorded as CUDA graphs.
type Capture string

// The choices of train.capture.
const (
	CaptureAuto Capture = "auto"
	CaptureOn   Capture = "on"
	CaptureOff  Capture = "off"
)

// UnmarshalText accepts auto, on and off.
func (c *Capture) UnmarshalText(text []byte) error {
	return enum.Parse(c, "train.capture", text, CaptureAuto, CaptureOn, CaptureOff)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (c *Capture) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(c, n) }

// Phase is a part of a run.
type Phase string

// The phases of a run, in order.
const (
	PhaseRefiner       Phase = "pretrain_refiner"       // R alone, on l_reg
	PhaseDiscriminator Phase = "pretrain_discriminator" // D alone
	PhaseTrain         Phase = "train"                  // Algorithm 1
)

// Phases lists the phases in their order.
var Phases = []Phase{PhaseRefiner, PhaseDiscriminator, PhaseTrain}

// StepsOf returns how many steps a phase has.
func (t Train) StepsOf(p Phase) int {
	switch p {
	case PhaseRefiner:
		return t.PretrainRefiner
	case PhaseDiscriminator:
		return t.PretrainDiscriminator
	}
	return t.Steps
}
