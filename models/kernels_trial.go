package models

import (
	"errors"

	"simgan/cgo"
	"simgan/models/architecture"
)

// newTrial returns a trial of a refiner like R, for the batches of R's steps and the half batches of D's.
func (r *Refiner) newTrial(n, h, w int) (*trial, error) {
	probe, err := NewRefiner(r.Config, r.Channels)
	shape := []int64{int64(n), int64(r.Channels) + r.Config.Noise.Channels(), int64(h), int64(w)}
	return &trial{network: probe, shape: shape, half: true}, err
}

// newTrial returns a trial of a discriminator like D, for the batches of D's steps and the half batches of R's, in
// which the input takes gradients.
func (d *Discriminator) newTrial(n, h, w int) (*trial, error) {
	probe, err := NewDiscriminator(d.Config, d.Channels)
	shape := []int64{int64(n), int64(d.Channels), int64(h), int64(w)}
	return &trial{network: probe, shape: shape, half: true, images: true}, err
}

// tryOnGPU compares cuDNN's kernels with libtorch's layers in the trial and uses them if they are right and not slower.
// Unless slice is 0, it also tries slices of that many images, and uses these if they are faster.
func (k *Kernels) tryOnGPU(
	device cgo.Device, bfloat bool, n, slice int, begin func(n int) (*trial, error),
) (speedup float64, err error) {
	if !bfloat || device == cgo.CPU {
		return 0, errors.New("fused kernels need a GPU and train.precision bfloat16")
	}
	speedup, err = k.tryBatches(n, begin, cuDNNPath, libtorchPath, device)
	if slice > 0 {
		speedup, err = k.trySlices(speedup, err, slice, func(sliced *Kernels) (float64, error) {
			return sliced.tryBatches(n, begin, inSlices(cuDNNPath, slice), libtorchPath, device)
		})
	}
	return speedup, errors.Join(err, cgo.ResetPeak(device))
}

// trySlices tries the path in slices. It replaces the path for the whole batch, whose trial gave speedup and err, if
// that failed or slices are faster by more than 3 %.
func (k *Kernels) trySlices(
	speedup float64, err error, slice int, try func(*Kernels) (float64, error),
) (float64, error) {
	var sliced Kernels
	faster, failed := try(&sliced)
	if path := sliced.right[0]; path != nil {
		k.note(slice, path)
		if failed == nil && (err != nil || faster > 1.03*speedup) {
			k.keep(slice, path)
			return faster, nil
		}
	}
	return speedup, err
}

// inSlices returns the path for slices of a batch, one after the other.
func inSlices(path convPath, slice int) convPath {
	return func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
		shape := s.Shape(x)
		if shape == nil {
			return cgo.Tensor{}, s.Err()
		}
		var parts []cgo.Tensor
		for from := int64(0); from < shape[0]; from += int64(slice) {
			part, err := path(s, n, s.Narrow(x, 0, from, min(int64(slice), shape[0]-from)))
			if err != nil {
				return part, err
			}
			parts = append(parts, part)
		}
		return s.Cat(0, parts...), s.Err()
	}
}

// Slice returns how many of n images of h x w R should take at once, so that the input, the result and the residual of
// a layer stay in the 50 MB of an H100's L2 cache; 0: all of them. R's batches, of n and n/2 images, are whole slices.
func Slice(c architecture.Refiner, n, h, w int) int {
	const cache, channelBytes = 48 << 20, 2
	border := 0
	if c.Padding == architecture.ReplicatePadding {
		border = max(c.Kernel, c.BlockKernel) / 2
	}
	most := cache / (3 * (h + 2*border) * (w + 2*border) * c.Width * channelBytes)
	if n%2 == 1 || n < 4*most {
		return 0
	}
	for slice := most; slice > most/2; slice-- {
		if n/2%slice == 0 {
			return slice
		}
	}
	return 0
}

// tryBatches is tryPath for batches of n images. libtorch's layers in float32 need several times the memory of fused
// kernels. If the trial runs out of memory, an eighth of the batch is tried.
func (k *Kernels) tryBatches(
	n int, begin func(n int) (*trial, error), path, libtorch convPath, device cgo.Device,
) (speedup float64, err error) {
	for ; ; n /= 8 {
		t, err := begin(n)
		if err != nil {
			return 0, err
		}
		speedup, err := k.tryPath(t, path, libtorch, device)
		if n < 8 || !errors.Is(err, cgo.ErrOutOfMemory) {
			return speedup, err
		}
		if err := cgo.ResetPeak(device); err != nil { // it frees the memory that the trial's allocator kept
			return 0, err
		}
	}
}

// tryPath compares the path with libtorch's layers and uses it if it is right and not slower. It closes the trial.
func (k *Kernels) tryPath(t *trial, path, libtorch convPath, device cgo.Device) (speedup float64, err error) {
	defer t.network.Close()
	err = cgo.Within(func(s *cgo.Scope) error {
		if err := t.drawTensors(s, device); err != nil {
			return err
		}
		speedup, err = t.comparePaths(path, libtorch)
		return err
	})
	switch {
	case err == nil:
		k.keep(0, path)
	case errors.Is(err, errSlower):
		k.note(0, path)
	}
	return speedup, err
}
