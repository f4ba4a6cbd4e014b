package simgan

import (
	"fmt"

	"simgan/cgo"
	"simgan/trainer/config"
)

// CPUKernels returns train.kernels. For auto, and for kernels of another precision than train.precision, which is
// resolved, it returns what the processor has for that precision.
func CPUKernels(c config.Train) config.Kernels {
	ours, has := config.WinogradKernels, cgo.HasWinograd
	if c.Precision == config.BFloat16 {
		ours, has = config.AMXKernels, cgo.HasAMX
	}
	if c.Kernels == ours || c.Kernels != config.LibtorchKernels && has() {
		return ours
	}
	return config.LibtorchKernels
}

// chooseCPUKernels lets R, its average and D run through the config's kernels. The notes say which network does, and
// why another does not: a run that began on another processor rounds differently from then on.
func (n *networks) chooseCPUKernels(c config.Train) (notes []string) {
	use := func(network string, choose func() error) {
		if err := choose(); err != nil {
			notes = append(notes, fmt.Sprintf("%s by libtorch's layers, not train.kernels=%s: %v", network, CPUKernels(c), err))
			return
		}
		notes = append(notes, fmt.Sprintf("%s by train.kernels=%s", network, CPUKernels(c)))
	}
	switch CPUKernels(c) {
	case config.AMXKernels:
		use("refiner", n.R.UseAMX)
		use("discriminator", n.D.UseAMX)
		if n.Average != nil {
			_ = n.Average.UseAMX() // as R
		}
	case config.WinogradKernels:
		use("refiner", n.R.UseWinograd)
		if n.Average != nil {
			_ = n.Average.UseWinograd() // as R
		}
	}
	return notes
}
