package models

import (
	"errors"
	"fmt"

	"simgan/cgo"
	"simgan/models/architecture"
)

// fusable is a network that can be one operation, up to what follows its last convolution: R, or D.
type fusable interface {
	Params() []Param
	To(cgo.Device) error
	Close()
	// Layers goes through the convolutions by libtorch's operations.
	Layers(s *cgo.Scope, x cgo.Tensor, training bool) cgo.Tensor
	// rows are the same as a table for fused kernels.
	rows() ([]cgo.FusedLayer, cgo.Padding)
}

// trunk is a way through a network's convolutions: x (b, c, H, W) -> (b, k, h, w) float32.
type trunk func(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error)

func layerByLayer(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error) {
	return s.Float(n.Layers(s, x, true)), s.Err()
}

func onCuDNN(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error) {
	table, padding := n.rows()
	return s.FusedLayers(x, Tensors(n.Params()), table, padding, cgo.CuDNNKernels, cgo.BFloat16)
}

func byWinograd(s *cgo.Scope, n fusable, x cgo.Tensor) (cgo.Tensor, error) {
	table, padding := n.rows()
	return s.FusedLayers(x, Tensors(n.Params()), table, padding, cgo.WinogradKernels, cgo.Float32)
}

// Fusion is how a network trains: layer by layer, or through fused kernels.
type Fusion struct {
	fused    trunk           // nil: layer by layer
	anyBatch bool            // fused is for all images, not only for training batches
	Unfused  func(err error) // is told, if set, when fused kernels failed in Forward and are given up
}

// FuseOnCPU lets R go by Winograd's convolutions in float32 on the CPU, for batches of any size, and says whether it does: where
// the blocks' filters are 3x3, the width is a multiple of 8, nothing is normalised, padding is zeros or replicate, and the processor has
// AVX2. It is no question of timing, as on a GPU: a resumed run must round as it did before.
func (r *Refiner) FuseOnCPU(bfloat bool) bool {
	c := r.Config
	if bfloat || supportsKernels(c) != nil || c.BlockKernel != 3 || c.Width%8 != 0 || !cgo.HasWinograd() {
		return false
	}
	r.fused, r.anyBatch = byWinograd, true
	return true
}

// Fuse lets R train through cuDNN's fused kernels on the GPU for batches of n images of h x w, if they are found to compute what
// libtorch's layers compute, and faster: speedup times. The error says why they are not used. R's own weights take no part.
func (r *Refiner) Fuse(device cgo.Device, bfloat bool, n, h, w int) (speedup float64, err error) {
	if err := supportsKernels(r.Config); err != nil {
		return 0, err
	}
	return r.fuse(device, bfloat, func() (*trial, error) { return r.trial(n, h, w) })
}

// Fuse lets D train through cuDNN's fused kernels, as R's Fuse does; PenaltyR1 keeps to Layers.
func (d *Discriminator) Fuse(device cgo.Device, bfloat bool, n, h, w int) (speedup float64, err error) {
	if d.Config.Normalization != architecture.NoNormalization {
		return 0, fmt.Errorf("there are no kernels with discriminator.normalization %s", d.Config.Normalization)
	}
	return d.fuse(device, bfloat, func() (*trial, error) { return d.trial(n, h, w) })
}

// supportsKernels says what of the config has no fused kernels.
func supportsKernels(c architecture.Refiner) error {
	switch {
	case c.Padding == architecture.ReflectPadding:
		return errors.New("there are no kernels with refiner.padding reflect, only with zeros and replicate")
	case c.Normalization != architecture.NoNormalization:
		return fmt.Errorf("there are no kernels with refiner.normalization %s", c.Normalization)
	case c.Kernel%2 == 0 || c.BlockKernel%2 == 0:
		return errors.New("there are no kernels for even filter sizes")
	}
	return nil
}

// trial of a refiner like R, for the whole batches of R's steps and the halves with which D's begin.
func (r *Refiner) trial(n, h, w int) (*trial, error) {
	probe, err := NewRefiner(r.Config, r.Channels)
	return &trial{network: probe, shape: []int64{int64(n), int64(r.Channels) + r.Config.Noise.Channels(), int64(h), int64(w)}, half: true}, err
}

// trial of a discriminator like D, whose input takes gradients in R's steps.
func (d *Discriminator) trial(n, h, w int) (*trial, error) {
	probe, err := NewDiscriminator(d.Config, d.Channels)
	return &trial{network: probe, shape: []int64{int64(n), int64(d.Channels), int64(h), int64(w)}, images: true}, err
}

func (f *Fusion) fuse(device cgo.Device, bfloat bool, begin func() (*trial, error)) (speedup float64, err error) {
	if !bfloat || device == cgo.CPU {
		return 0, errors.New("it is for a GPU and train.precision bfloat16")
	}
	t, err := begin()
	if err != nil {
		return 0, err
	}
	speedup, err = f.fuseWith(t, onCuDNN, layerByLayer, device)
	return speedup, errors.Join(err, cgo.ResetPeak(device))
}

// fuseWith judges the way beside libtorch's in the trial, which it closes, and takes it where it is right and pays.
func (f *Fusion) fuseWith(t *trial, way, libtorch trunk, device cgo.Device) (speedup float64, err error) {
	defer t.network.Close()
	err = cgo.Within(func(s *cgo.Scope) error {
		if err := t.prepare(s, device); err != nil {
			return err
		}
		speedup, err = t.judge(way, libtorch)
		return err
	})
	if err == nil {
		f.fused = way
	}
	return speedup, err
}

// forward goes the way that Fuse took through n's convolutions; false where there is none, on a GPU for images that are no training batch
// (each new size would have its kernels chosen anew), and from its first error on, which is no reason to end a run.
func (f *Fusion) forward(s *cgo.Scope, n fusable, x cgo.Tensor, training bool) (cgo.Tensor, bool) {
	if f.fused == nil || !training && !f.anyBatch || s.Err() != nil {
		return cgo.Tensor{}, false
	}
	y, err := f.fused(s, n, x)
	if err == nil {
		return y, true
	}
	f.fused = nil
	if f.Unfused != nil {
		f.Unfused(err)
	}
	return cgo.Tensor{}, false
}
