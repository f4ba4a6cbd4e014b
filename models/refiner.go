package models

import (
	"fmt"

	"simgan/cgo"
	"simgan/models/architecture"
)

// DrawNoise draws the noise for n images of h x w: (n, k, h, w), or no tensor for kind none.
func DrawNoise(s *cgo.Scope, c architecture.Noise, g *cgo.Generator, n, h, w int64) cgo.Tensor {
	if c.Channels() == 0 {
		return cgo.Tensor{}
	}
	parts := []cgo.Tensor{s.Randn(g, n, 1, h, w)}
	if c.Kind == architecture.MultiscaleNoise && c.Coarse > 0 {
		grid := int64(c.Grid)
		coarse := s.Randn(g, n, int64(c.Coarse), max(1, (h+grid/2)/grid), max(1, (w+grid/2)/grid))
		parts = append(parts, s.Enlarge(coarse, h, w))
	}
	if c.Kind == architecture.MultiscaleNoise && c.Constants > 0 {
		parts = append(parts, s.Spread(s.Randn(g, n, int64(c.Constants), 1, 1), h, w))
	}
	return s.Cat(1, parts...)
}

// Refiner is R_theta: it turns a synthetic image into a realistic one of the same size, without stride or pooling.
type Refiner struct {
	Module
	Kernels    Kernels
	Config     architecture.Refiner
	Channels   int
	stem, last conv
	blocks     []block
}

// block is a ResNet block: Conv, ReLU, Conv, add, ReLU.
type block struct {
	conv1, conv2 conv
	norm1, norm2 norm
}

// NewRefiner builds R for images of the given channels on the CPU, initialised from libtorch's default generator.
func NewRefiner(c architecture.Refiner, channels int) (*Refiner, error) {
	padding, ok := paddings[c.Padding]
	if !ok {
		return nil, fmt.Errorf("refiner.padding is %q; use zeros, reflect or replicate", c.Padding)
	}
	r := &Refiner{Config: c, Channels: channels}
	r.Kernels.network = r
	err := buildNetwork("refiner", func() {
		width, k, bk := int64(c.Width), int64(c.Kernel), int64(c.BlockKernel)
		r.stem = r.conv("stem", int64(channels)+c.Noise.Channels(), width, k, 1, padding, 0)
		for i := range c.Blocks {
			name := fmt.Sprintf("blocks.%d.", i)
			r.blocks = append(r.blocks, block{
				conv1: r.conv(name+"conv1", width, width, bk, 1, padding, 0),
				norm1: r.norm(name+"norm1", c.Normalization, width),
				conv2: r.conv(name+"conv2", width, width, bk, 1, padding, 0),
				norm2: r.norm(name+"norm2", c.Normalization, width),
			})
		}
		r.last = r.conv("last", width, int64(channels), 1, 1, padding, 1e-2)
	})
	return r, err
}

// Close frees the network. It does nothing on nil.
func (r *Refiner) Close() {
	if r != nil {
		r.Module.Close()
	}
}

// Forward refines x (b, C, H, W) with the noise of DrawNoise, if any. It returns (b, C, H, W) float32 in (-1, 1).
func (r *Refiner) Forward(s *cgo.Scope, x, noise cgo.Tensor, training bool) cgo.Tensor {
	h := x
	if noise.T != nil {
		h = s.Cat(1, x, noise)
	}
	return s.Tanh(r.Kernels.run(s, r, h, training))
}

// Layers runs Forward layer by layer, from x with its noise channels up to the tanh.
func (r *Refiner) Layers(s *cgo.Scope, h cgo.Tensor, training bool) cgo.Tensor {
	h = s.ReLUInPlace(r.stem.forward(s, h)) // (b, C+k, H, W) -> (b, width, H, W)
	for _, b := range r.blocks {
		y := s.ReLUInPlace(b.norm1.forward(s, b.conv1.forward(s, h), training))
		y = b.norm2.forward(s, b.conv2.forward(s, y), training)
		h = s.AddReLUInPlace(y, h) // (b, width, H, W)
	}
	return s.Float(r.last.forward(s, h)) // -> (b, C, H, W)
}

// kernelTable returns Layers' convolutions. A block's input is added after its second convolution.
func (r *Refiner) kernelTable() ([]cgo.FusedLayer, cgo.Padding) {
	table := []cgo.FusedLayer{{Stride: 1}}
	for range r.blocks {
		table = append(table, cgo.FusedLayer{Stride: 1}, cgo.FusedLayer{Stride: 1, Residual: true})
	}
	return append(table, cgo.FusedLayer{Stride: 1}), r.stem.padding
}

// MapValues returns how many values the feature maps of an image of h x w hold, all layers together.
func (r *Refiner) MapValues(h, w int) int {
	return ((1+2*len(r.blocks))*r.Config.Width + r.Channels) * h * w
}

// ReceptiveField returns the side, in pixels, of the square of x that one pixel of R(x) depends on.
func (r *Refiner) ReceptiveField() int {
	return r.Config.Kernel + 2*r.Config.Blocks*(r.Config.BlockKernel-1)
}

// paddings maps the config's paddings to libtorch's.
var paddings = map[architecture.Padding]cgo.Padding{
	architecture.ZerosPadding:     cgo.Zeros,
	architecture.ReflectPadding:   cgo.Reflect,
	architecture.ReplicatePadding: cgo.Replicate,
}
