package models

import (
	"errors"
	"fmt"

	"simgan/cgo"
	"simgan/models/architecture"
)

// convNet is a network whose convolutions can run as one operation: R or D, without what follows the last convolution.
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
	return s.FusedLayers(x, Tensors(n.Params()), table, padding, cgo.CuDNNKernels, cgo.BFloat16)
}

func winogradPath(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
	table, padding := n.kernelTable()
	return s.FusedLayers(x, Tensors(n.Params()), table, padding, cgo.WinogradKernels, cgo.Float32)
}

func amxPath(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
	table, padding := n.kernelTable()
	return s.FusedLayers(x, Tensors(n.Params()), table, padding, cgo.AMXKernels, cgo.BFloat16)
}

// Kernels holds a network and the fused kernels that replace libtorch's layers in it.
type Kernels struct {
	network   convNet
	path      convPath        // through the kernels; nil: layer by layer
	anyBatch  bool            // the kernels take every batch, not only training batches
	OnFailure func(err error) // called, if set, when the kernels fail in Forward; layers replace them from then on
}

// UseCPUKernels lets R run through our kernels on the CPU, for batches of any size, and returns what they are; "" means
// that R keeps libtorch's layers. The padding must be zeros or replicate, and nothing normalised. In bfloat16 the
// kernels need AMX. In float32 they are Winograd's: the blocks' filters must be 3x3, the width a multiple of 8, and the
// processor must have AVX2. Timing does not decide, as it does on a GPU: a resumed run must round as it did before.
func (r *Refiner) UseCPUKernels(bfloat bool) string {
	c := r.Config
	switch {
	case supportsKernels(c) != nil:
		return ""
	case bfloat:
		return r.Kernels.useAMX()
	case c.BlockKernel != 3 || c.Width%8 != 0 || !cgo.HasWinograd():
		return ""
	}
	r.Kernels.path, r.Kernels.anyBatch = winogradPath, true
	return "Winograd's convolutions"
}

// UseCPUKernels lets D run through our kernels on the CPU, as R's UseCPUKernels does, in bfloat16 only. PenaltyR1 still
// needs Layers.
func (d *Discriminator) UseCPUKernels(bfloat bool) string {
	if !bfloat || d.Config.Normalization != architecture.NoNormalization {
		return ""
	}
	return d.Kernels.useAMX()
}

func (k *Kernels) useAMX() string {
	if !cgo.HasAMX() {
		return ""
	}
	k.path, k.anyBatch = amxPath, true
	return "AMX"
}

// UseGPUKernels lets R train through cuDNN's fused kernels on the GPU, for batches of n images of h x w, if the kernels
// are right and faster than libtorch's layers. It returns how many times as fast they are, or an error that says why
// they are not used. R's own weights take no part.
func (r *Refiner) UseGPUKernels(device cgo.Device, bfloat bool, n, h, w int) (speedup float64, err error) {
	if err := supportsKernels(r.Config); err != nil {
		return 0, err
	}
	return r.Kernels.tryOnGPU(device, bfloat, func() (*trial, error) { return r.newTrial(n, h, w) })
}

// UseGPUKernels lets D train through cuDNN's fused kernels, as R's UseGPUKernels does. PenaltyR1 still needs Layers.
func (d *Discriminator) UseGPUKernels(device cgo.Device, bfloat bool, n, h, w int) (speedup float64, err error) {
	if d.Config.Normalization != architecture.NoNormalization {
		return 0, fmt.Errorf("there are no kernels for discriminator.normalization %s", d.Config.Normalization)
	}
	return d.Kernels.tryOnGPU(device, bfloat, func() (*trial, error) { return d.newTrial(n, h, w) })
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

// newTrial returns a trial of a refiner like R, for the batches of R's steps and the half batches of D's.
func (r *Refiner) newTrial(n, h, w int) (*trial, error) {
	probe, err := NewRefiner(r.Config, r.Channels)
	shape := []int64{int64(n), int64(r.Channels) + r.Config.Noise.Channels(), int64(h), int64(w)}
	return &trial{network: probe, shape: shape, half: true}, err
}

// newTrial returns a trial of a discriminator like D, whose input takes gradients in R's steps.
func (d *Discriminator) newTrial(n, h, w int) (*trial, error) {
	probe, err := NewDiscriminator(d.Config, d.Channels)
	shape := []int64{int64(n), int64(d.Channels), int64(h), int64(w)}
	return &trial{network: probe, shape: shape, images: true}, err
}

// tryOnGPU compares cuDNN's kernels with libtorch's layers in the trial and keeps them if they are right and faster.
func (k *Kernels) tryOnGPU(
	device cgo.Device, bfloat bool, begin func() (*trial, error),
) (speedup float64, err error) {
	if !bfloat || device == cgo.CPU {
		return 0, errors.New("fused kernels need a GPU and train.precision bfloat16")
	}
	t, err := begin()
	if err != nil {
		return 0, err
	}
	speedup, err = k.tryPath(t, cuDNNPath, libtorchPath, device)
	return speedup, errors.Join(err, cgo.ResetPeak(device))
}

// tryPath compares the path with libtorch's layers and keeps it if it is right and faster. It closes the trial.
func (k *Kernels) tryPath(t *trial, path, libtorch convPath, device cgo.Device) (speedup float64, err error) {
	defer t.network.Close()
	err = cgo.Within(func(s *cgo.Scope) error {
		if err := t.drawTensors(s, device); err != nil {
			return err
		}
		speedup, err = t.comparePaths(path, libtorch)
		return err
	})
	if err == nil {
		k.path = path
	}
	return speedup, err
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
	k.path = nil
	if k.OnFailure != nil {
		k.OnFailure(err)
	}
	return cgo.Tensor{}, false
}
