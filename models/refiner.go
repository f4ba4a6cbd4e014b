package models

import (
	"fmt"

	"simgan/cgo"
)

// RefinerConfig describes R.
type RefinerConfig struct {
	Blocks        int         `yaml:"blocks"`        // ResNet blocks: 4 for gaze, 10 for hands [paper]
	Width         int         `yaml:"width"`         // feature maps a layer: 64 [paper]
	Kernel        int         `yaml:"kernel"`        // filter size of the stem: 3 for gaze, 7 for hands [paper]
	BlockKernel   int         `yaml:"block_kernel"`  // filter size in the blocks
	Padding       string      `yaml:"padding"`       // zeros, reflect or replicate; zeros draw a frame in short runs
	Normalization string      `yaml:"normalization"` // none [paper] or batch
	Noise         NoiseConfig `yaml:"noise"`
}

// NoiseConfig describes the random input of R (the paper's future work): one synthetic image gives several refined ones.
type NoiseConfig struct {
	Kind      string `yaml:"kind"`      // none [paper], pixel (one normal value a pixel) or multiscale (pixel, grid and constants)
	Grid      int    `yaml:"grid"`      // multiscale: pixels between the points of the coarse grid
	Coarse    int    `yaml:"coarse"`    // multiscale: channels on the coarse grid, enlarged bilinearly
	Constants int    `yaml:"constants"` // multiscale: channels that are constant over the image
}

// channels that the noise adds to R's input.
func (c NoiseConfig) channels() int64 {
	switch c.Kind {
	case "pixel":
		return 1
	case "multiscale":
		return int64(1 + c.Coarse + c.Constants)
	}
	return 0
}

// Draw makes the noise for n images of h x w: (n, k, h, w); no tensor where the kind is none.
func (c NoiseConfig) Draw(s *cgo.Scope, g *cgo.Generator, n, h, w int64) cgo.Tensor {
	if c.channels() == 0 {
		return cgo.Tensor{}
	}
	parts := []cgo.Tensor{s.Randn(g, n, 1, h, w)}
	if c.Kind == "multiscale" && c.Coarse > 0 {
		grid := int64(c.Grid)
		coarse := s.Randn(g, n, int64(c.Coarse), max(1, (h+grid/2)/grid), max(1, (w+grid/2)/grid))
		parts = append(parts, s.Enlarge(coarse, h, w))
	}
	if c.Kind == "multiscale" && c.Constants > 0 {
		parts = append(parts, s.Spread(s.Randn(g, n, int64(c.Constants), 1, 1), h, w))
	}
	return s.Cat(1, parts...)
}

// Refiner is R_theta: a synthetic image in, the same image made real out, no stride and no pooling.
type Refiner struct {
	Module
	Fusion
	Config     RefinerConfig
	Channels   int
	stem, last conv
	blocks     []block
}

// block is Conv, ReLU, Conv, add, ReLU.
type block struct {
	conv1, conv2 conv
	norm1, norm2 norm
}

// NewRefiner builds R for images of the given channels on the CPU, initialised from libtorch's default generator.
func NewRefiner(c RefinerConfig, channels int) (*Refiner, error) {
	padding, err := ParsePadding(c.Padding)
	if err != nil {
		return nil, err
	}
	r := &Refiner{Config: c, Channels: channels}
	err = guarded("refiner", func() {
		width, k, bk := int64(c.Width), int64(c.Kernel), int64(c.BlockKernel)
		r.stem = r.conv("stem", int64(channels)+c.Noise.channels(), width, k, 1, padding, 0)
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

// Forward refines x (b, C, H, W) with the noise of Config.Noise.Draw, if any: (b, C, H, W) float32 in (-1, 1).
func (r *Refiner) Forward(s *cgo.Scope, x, noise cgo.Tensor, training bool) cgo.Tensor {
	h := x
	if noise.T != nil {
		h = s.Cat(1, x, noise)
	}
	y, ok := r.forward(s, r, h, training)
	if !ok {
		y = r.Layers(s, h, training)
	}
	return s.Tanh(y)
}

// Layers is Forward layer by layer, up to the tanh.
func (r *Refiner) Layers(s *cgo.Scope, h cgo.Tensor, training bool) cgo.Tensor {
	h = s.ReLUInPlace(r.stem.forward(s, h)) // (b, C+k, H, W) -> (b, width, H, W)
	for _, b := range r.blocks {
		y := s.ReLUInPlace(b.norm1.forward(s, b.conv1.forward(s, h), training))
		y = b.norm2.forward(s, b.conv2.forward(s, y), training)
		h = s.AddReLUInPlace(y, h) // (b, width, H, W)
	}
	return s.Float(r.last.forward(s, h)) // -> (b, C, H, W)
}

// rows are Layers' convolutions: what enters a block is added behind its second.
func (r *Refiner) rows() ([]cgo.FusedLayer, cgo.Padding) {
	table := []cgo.FusedLayer{{Stride: 1}}
	for range r.blocks {
		table = append(table, cgo.FusedLayer{Stride: 1}, cgo.FusedLayer{Stride: 1, Residual: true})
	}
	return append(table, cgo.FusedLayer{Stride: 1}), r.stem.padding
}

// ReceptiveField is the side, in pixels, of the square of x that one pixel of R(x) depends on.
func (r *Refiner) ReceptiveField() int {
	return r.Config.Kernel + 2*r.Config.Blocks*(r.Config.BlockKernel-1)
}

// ParsePadding reads zeros, reflect or replicate.
func ParsePadding(name string) (cgo.Padding, error) {
	for p, n := range []string{"zeros", "reflect", "replicate"} {
		if n == name {
			return cgo.Padding(p), nil
		}
	}
	return 0, fmt.Errorf("padding %q: use zeros, reflect or replicate", name)
}
