package models

import (
	"errors"
	"fmt"

	"simgan/cgo"
	"simgan/models/architecture"
)

// convNet is a network whose convolutions can run as one operation: R, D or an estimator, without what follows the last
// convolution and its pool. The convolutions' weights and biases are the first of its parameters.
type convNet interface {
	Params() []Param
	To(cgo.Device) error
	Close()
	// Layers runs the convolutions layer by layer, with libtorch's operations.
	Layers(s *cgo.Scope, x cgo.Tensor, training bool) cgo.Tensor
	// kernelTable returns the same convolutions as a table for fused kernels.
	kernelTable() ([]cgo.FusedLayer, cgo.Padding)
}

// convPath computes a network's convolutions: x (b, c, H, W) -> (b, k, h, w) float32.
type convPath func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error)

func libtorchPath(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
	return s.Float(n.Layers(s, x, true)), s.Err()
}

func cuDNNPath(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
	table, padding := n.kernelTable()
	return s.FusedLayers(x, filters(n, table), table, padding, cgo.CuDNNKernels, cgo.BFloat16)
}

func winogradPath(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
	table, padding := n.kernelTable()
	return s.FusedLayers(x, filters(n, table), table, padding, cgo.WinogradKernels, cgo.Float32)
}

func amxPath(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
	table, padding := n.kernelTable()
	return s.FusedLayers(x, filters(n, table), table, padding, cgo.AMXKernels, cgo.BFloat16)
}

// filters returns the weights and biases of the table's convolutions.
func filters(n convNet, table []cgo.FusedLayer) []cgo.Tensor {
	return Tensors(n.Params())[:2*len(table)]
}

// Kernels holds a network and the fused kernels that replace libtorch's layers in it.
type Kernels struct {
	network   convNet
	path      convPath         // through the kernels; nil: layer by layer
	slice     int              // images that the path takes at once; 0: the whole batch
	right     map[int]convPath // paths that are right, by slice, also those that lost the trial
	anyBatch  bool             // the kernels take every batch, not only training batches
	OnFailure func(err error)  // called, if set, when the kernels fail in Forward; layers replace them from then on
}

// UseWinograd lets R run through Winograd's convolutions in float32 on the CPU, for batches of any size. An error says
// why R keeps libtorch's layers. Timing does not decide, as it does on a GPU: a resumed run must round as before.
func (r *Refiner) UseWinograd() error {
	c := r.Config
	switch {
	case c.BlockKernel != 3:
		return fmt.Errorf("refiner.block_kernel is %d, and Winograd's kernels are for 3", c.BlockKernel)
	case c.Width%8 != 0:
		return fmt.Errorf("refiner.width is %d, and Winograd's kernels are for multiples of 8", c.Width)
	}
	if err := supportsKernels(c); err != nil {
		return err
	}
	if !cgo.HasWinograd() {
		return errors.New("this processor lacks AVX2 or FMA")
	}
	r.Kernels.anyBatch = true
	r.Kernels.keep(0, winogradPath)
	return nil
}

// UseAMX lets R run through AMX in bfloat16 on the CPU, as UseWinograd does.
func (r *Refiner) UseAMX() error {
	if err := supportsKernels(r.Config); err != nil {
		return err
	}
	return r.Kernels.useAMX()
}

// UseAMX lets D run through AMX in bfloat16 on the CPU, for batches of any size. An error says why D keeps libtorch's
// layers. PenaltyR1 still needs Layers.
func (d *Discriminator) UseAMX() error {
	if err := d.supportsKernels(); err != nil {
		return err
	}
	return d.Kernels.useAMX()
}

// useCPU lets an estimator's convolutions run through AMX if they may round to bfloat16, else through Winograd's
// convolutions, where the processor has these.
func (k *Kernels) useCPU(n convNet, bfloat bool) {
	k.network, k.anyBatch = n, true
	if bfloat && cgo.HasAMX() {
		k.path = amxPath
	} else if !bfloat && cgo.HasWinograd() {
		k.path = winogradPath
	}
}

func (k *Kernels) useAMX() error {
	if !cgo.HasAMX() {
		return errors.New("this processor lacks AMX or AVX512-BF16, or the system keeps AMX from this process")
	}
	k.anyBatch = true
	k.keep(0, amxPath)
	return nil
}

// UseGPUKernels lets R train through cuDNN's fused kernels on the GPU, for batches of n images of h x w, if the kernels
// are right and not slower than libtorch's layers. It returns how many times as fast they are, or an error that says
// why they are not used. R's own weights take no part.
func (r *Refiner) UseGPUKernels(device cgo.Device, bfloat bool, n, h, w int) (speedup float64, err error) {
	if err := supportsKernels(r.Config); err != nil {
		return 0, err
	}
	slice := Slice(r.Config, n, h, w)
	return r.Kernels.tryOnGPU(device, bfloat, n, slice, func(n int) (*trial, error) { return r.newTrial(n, h, w) })
}

// UseGPUKernels lets D train through cuDNN's fused kernels, as R's UseGPUKernels does. PenaltyR1 still needs Layers.
func (d *Discriminator) UseGPUKernels(device cgo.Device, bfloat bool, n, h, w int) (speedup float64, err error) {
	if err := d.supportsKernels(); err != nil {
		return 0, err
	}
	return d.Kernels.tryOnGPU(device, bfloat, n, 0, func(n int) (*trial, error) { return d.newTrial(n, h, w) })
}

// supportsKernels returns an error that names what in the config has no fused kernels.
func supportsKernels(c architecture.Refiner) error {
	switch {
	case c.Padding == architecture.ReflectPadding:
		return errors.New("there are no kernels for refiner.padding reflect, only for zeros and replicate")
	case c.Normalization != architecture.NoNormalization:
		return fmt.Errorf("there are no kernels for refiner.normalization %s", c.Normalization)
	case c.Kernel%2 == 0 || c.BlockKernel%2 == 0:
		return errors.New("there are no kernels for even filter sizes")
	}
	return nil
}

func (d *Discriminator) supportsKernels() error {
	if d.Config.Normalization != architecture.NoNormalization {
		return fmt.Errorf("there are no kernels for discriminator.normalization %s", d.Config.Normalization)
	}
	return nil
}

// note remembers a path that is right, and keep uses it too.
func (k *Kernels) note(slice int, path convPath) {
	if k.right == nil {
		k.right = map[int]convPath{}
	}
	k.right[slice] = path
}

func (k *Kernels) keep(slice int, path convPath) {
	k.note(slice, path)
	k.path, k.slice = path, slice
}

// NoKernels is what Used returns for a network that runs layer by layer.
const NoKernels = -1

// Used returns how many images of a batch the kernels take at once, 0 for all of them, or NoKernels.
func (k *Kernels) Used() int {
	if k.path == nil {
		return NoKernels
	}
	return k.slice
}

// Follow uses the kernels as a run did before it was stopped, by what Used returned then, whatever the trial timed: a
// resumed run must round as before. Kernels that were wrong in the trial stay unused. It reports whether that changed
// anything.
func (k *Kernels) Follow(used int) bool {
	path := k.right[used]
	if used == k.Used() || used != NoKernels && path == nil {
		return false
	}
	k.path, k.slice = path, max(used, 0)
	return true
}

// run runs the network's convolutions: through the kernels if it can, else layer by layer.
func (k *Kernels) run(s *cgo.Scope, n convNet, x cgo.Tensor, training bool) cgo.Tensor {
	if y, ok := k.forward(s, x, training); ok {
		return y
	}
	return n.Layers(s, x, training)
}

// forward runs the network's convolutions through the kernels. It returns false if there are no kernels, and on a GPU
// outside training, because kernels would be chosen again for each new size. Their first error ends their use, not the
// run.
func (k *Kernels) forward(s *cgo.Scope, x cgo.Tensor, training bool) (cgo.Tensor, bool) {
	if k.path == nil || !training && !k.anyBatch || s.Err() != nil {
		return cgo.Tensor{}, false
	}
	y, err := k.path(s, k.network, x)
	if err == nil {
		return y, true
	}
	k.GiveUp(err)
	return cgo.Tensor{}, false
}

// GiveUp ends the kernels' use because of an error, such as that of a backward pass. It reports whether there were any.
func (k *Kernels) GiveUp(err error) bool {
	if k.path == nil {
		return false
	}
	k.path = nil
	if k.OnFailure != nil {
		k.OnFailure(err)
	}
	return true
}
