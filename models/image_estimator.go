package models

import (
	"fmt"

	"simgan/cgo"
)

// ImageEstimator is a small convolutional network for labels of any kind, sized to the image: (b, C, h, w) ->
// (b, outputs). Stages of a 3x3 convolution, a ReLU and a 2x2 max-pool follow one another until the shorter side is
// below smallestSide. Two fully connected layers see where in the image a map is high, as positions need it.
type ImageEstimator struct {
	Module
	Kernels  Kernels
	convs    []conv
	pools    bool // false for images too small to be halved
	fc1, fc2 linear
}

// The shape of an ImageEstimator.
const (
	smallestSide = 8   // maps with a shorter side below it are not halved
	largeSide    = 128 // images with a shorter side of at least this are halved by the first convolution too
	firstMaps    = 32  // doubled by each stage up to mostMaps
	mostMaps     = 128
	hiddenValues = 256
)

// NewImageEstimator builds an estimator for images of channels x h x w on the CPU, initialised from libtorch's default
// generator.
func NewImageEstimator(channels, h, w, outputs int) (*ImageEstimator, error) {
	if min(channels, h, w, outputs) < 1 {
		return nil, fmt.Errorf("image estimator: %d channels, %dx%d (height x width), %d outputs; use 1 or more of each",
			channels, h, w, outputs)
	}
	e := &ImageEstimator{pools: min(h, w) >= smallestSide}
	err := buildNetwork("image estimator", func() {
		in, maps, mh, mw := int64(channels), int64(firstMaps), int64(h), int64(w)
		for stage := 1; stage == 1 || min(mh, mw) >= smallestSide; stage++ {
			stride := int64(1)
			if stage == 1 && min(h, w) >= largeSide {
				stride = 2
			}
			e.convs = append(e.convs, e.conv(fmt.Sprintf("conv%d", stage), in, maps, 3, stride, cgo.Zeros, 0))
			mh, mw = (mh-1)/stride+1, (mw-1)/stride+1
			if e.pools {
				mh, mw = mh/2, mw/2
			}
			in, maps = maps, min(2*maps, mostMaps)
		}
		e.fc1 = e.linear("fc1", in*mh*mw, hiddenValues, 0)
		e.fc2 = e.linear("fc2", hiddenValues, int64(outputs), 1e-2)
	})
	return e, err
}

// Close frees the network. It does nothing on nil.
func (e *ImageEstimator) Close() {
	if e != nil {
		e.Module.Close()
	}
}

// UseCPUKernels lets the convolutions run through our kernels on the CPU, as GazeEstimator's does.
func (e *ImageEstimator) UseCPUKernels(bfloat bool) {
	if e.pools { // kernels give a last convolution its ReLU before a pool only
		e.Kernels.useCPU(e, bfloat)
	}
}

// Forward maps (b, C, h, w) to (b, outputs) float32.
func (e *ImageEstimator) Forward(s *cgo.Scope, x cgo.Tensor) cgo.Tensor {
	maps := e.Kernels.run(s, e, x, true)
	return s.Float(e.fc2.forward(s, s.ReLUInPlace(e.fc1.forward(s, s.Flatten(maps)))))
}

// Layers returns the maps of the last stage, layer by layer.
func (e *ImageEstimator) Layers(s *cgo.Scope, x cgo.Tensor, _ bool) cgo.Tensor {
	for _, c := range e.convs {
		x = s.ReLUInPlace(c.forward(s, x))
		if e.pools {
			x = s.MaxPool2d(x, 2, 2, 0) // (b, maps, h/2, w/2), rounded down
		}
	}
	return x
}

// MapValues returns how many values the feature maps of an image of h x w hold, all layers together.
func (e *ImageEstimator) MapValues(h, w int) (values int) {
	for _, c := range e.convs {
		h, w = (h-1)/int(c.Stride)+1, (w-1)/int(c.Stride)+1
		values += int(c.OutChannels) * h * w
		if e.pools {
			h, w = h/2, w/2
			values += int(c.OutChannels) * h * w
		}
	}
	return values + hiddenValues + int(e.fc2.OutFeatures)
}

// kernelTable returns the stages.
func (e *ImageEstimator) kernelTable() (table []cgo.FusedLayer, padding cgo.Padding) {
	for _, c := range e.convs {
		table = append(table, cgo.FusedLayer{Stride: c.Stride, Pool: 2, PoolStride: 2})
	}
	return table, cgo.Zeros
}

// LossAbsolute returns the absolute difference of estimates and truth, both (b, k), averaged over all b*k values.
func LossAbsolute(s *cgo.Scope, estimated, truth cgo.Tensor, b, k int) cgo.Tensor {
	return s.L1(estimated, truth, 1/float64(b*k))
}

// LossClass returns the cross-entropy of the logits (b, classes), averaged over the b images. truth is (b, classes): 1
// at each image's class, 0 elsewhere.
func LossClass(s *cgo.Scope, logits, truth cgo.Tensor, b int) cgo.Tensor {
	return s.Scale(s.Sum(s.Mul(s.LogSoftmax(logits, 1), truth)), -1/float64(b))
}
