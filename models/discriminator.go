package models

import (
	"fmt"

	"simgan/cgo"
	"simgan/models/architecture"
)

// The classes of D's softmax.
const (
	Real    = 0
	Refined = 1
)

// layer is a row of a network's table: a convolution with out maps, or a max-pool if out is 0. D pads with k/2 zeros.
type layer struct{ out, k, stride int64 }

// tables are the paper's discriminators, from input to the logits of the two classes.
var tables = map[architecture.Layers][]layer{
	architecture.GazeLayers: { // (b, C, 35, 55)
		{96, 3, 2}, // (b, 96, 18, 28)
		{64, 3, 2}, // (b, 64, 9, 14)
		{0, 3, 1},  // max-pool
		{32, 3, 1},
		{32, 1, 1},
		{2, 1, 1}, // (b, 2, 9, 14): 126 patches
	},
	architecture.HandLayers: { // (b, C, 224, 224)
		{96, 7, 4}, // (b, 96, 56, 56)
		{64, 5, 2}, // (b, 64, 28, 28)
		{0, 3, 2},  // (b, 64, 14, 14)
		{32, 3, 2}, // (b, 32, 7, 7)
		{32, 1, 1},
		{2, 1, 1}, // (b, 2, 7, 7)
	},
}

// Discriminator is D_phi, fully convolutional: it classifies each patch as real or refined.
type Discriminator struct {
	Module
	Kernels  Kernels
	Config   architecture.Discriminator
	Channels int
	table    []layer
	convs    []conv
	norms    []norm
}

// NewDiscriminator builds D for images of the given channels on the CPU, initialised from libtorch's default generator.
func NewDiscriminator(c architecture.Discriminator, channels int) (*Discriminator, error) {
	table, ok := tables[c.Layers]
	if !ok {
		return nil, fmt.Errorf("discriminator.layers %q: use gaze or hand", c.Layers)
	}
	d := &Discriminator{Config: c, Channels: channels}
	d.Kernels.network = d
	err := buildNetwork("discriminator", func() {
		in := int64(channels)
		for i, l := range table {
			if l.out > 0 && i < len(table)-1 {
				l.out = max(1, int64(float64(l.out)*c.Width+0.5))
			}
			d.table = append(d.table, l)
			if l.out == 0 {
				continue
			}
			n := len(d.convs) + 1
			d.convs = append(d.convs, d.conv(fmt.Sprintf("conv%d", n), in, l.out, l.k, l.stride, cgo.Zeros, 0))
			if i < len(table)-1 {
				d.norms = append(d.norms, d.norm(fmt.Sprintf("norm%d", n), c.Normalization, l.out))
			}
			in = l.out
		}
	})
	return d, err
}

// Close frees the network. It does nothing on nil.
func (d *Discriminator) Close() {
	if d != nil {
		d.Module.Close()
	}
}

// Forward maps (b, C, H, W) to logits (b, 2, h, w), with no activation after the last layer.
func (d *Discriminator) Forward(s *cgo.Scope, x cgo.Tensor, training bool) cgo.Tensor {
	return d.Decide(s, d.Kernels.run(s, d, x, training))
}

// Decide returns the logits (b, 2, h, w) of the layers as they are or, with the global loss, the mean of an image's
// patches in place of each. The last layer is linear, so this mean is global average pooling before a fully connected
// layer; the losses count it once per patch, so that lambda keeps its meaning.
func (d *Discriminator) Decide(s *cgo.Scope, logits cgo.Tensor) cgo.Tensor {
	shape := s.Shape(logits)
	if d.Config.Loss != architecture.GlobalLoss || shape == nil {
		return logits
	}
	return s.Spread(s.MeanDim(s.MeanDim(logits, 3), 2), shape[2], shape[3])
}

// Layers returns the logits of the patches, layer by layer, before Decide. Its gradients can be differentiated again,
// which PenaltyR1 needs.
func (d *Discriminator) Layers(s *cgo.Scope, x cgo.Tensor, training bool) cgo.Tensor {
	next := 0
	for _, l := range d.table {
		if l.out == 0 {
			x = s.MaxPool2d(x, l.k, l.stride, l.k/2)
			continue
		}
		x = d.convs[next].forward(s, x)
		if next < len(d.norms) {
			x = s.ReLUInPlace(d.norms[next].forward(s, x, training))
		}
		next++
	}
	return x
}

// kernelTable returns the table's convolutions, each with the pool after it.
func (d *Discriminator) kernelTable() (table []cgo.FusedLayer, padding cgo.Padding) {
	for _, l := range d.table {
		if l.out > 0 {
			table = append(table, cgo.FusedLayer{Stride: l.stride})
		} else {
			last := &table[len(table)-1]
			last.Pool, last.PoolStride, last.PoolPadding = l.k, l.stride, l.k/2
		}
	}
	return table, cgo.Zeros
}

// MapValues returns how many values the feature maps of an image of h x w hold, all layers together.
func (d *Discriminator) MapValues(h, w int) (values int) {
	channels := d.Channels
	for _, l := range d.table {
		h, w = l.size(h), l.size(w)
		if l.out > 0 {
			channels = int(l.out)
		}
		values += channels * h * w
	}
	return values
}

// Map returns the height and width of D's patch map for images of h x w.
func (d *Discriminator) Map(h, w int) (int, int) {
	for _, l := range d.table {
		h, w = l.size(h), l.size(w)
	}
	return h, w
}

// size returns the height or width of the layer's map for an input of n.
func (l layer) size(n int) int {
	p, k, stride := int(l.k/2), int(l.k), int(l.stride)
	return (n+2*p-k)/stride + 1
}

// ReceptiveField returns the side, in pixels, of the patch that one pair of logits depends on.
func (d *Discriminator) ReceptiveField() int {
	field, jump := 1, 1
	for _, l := range d.table {
		field += (int(l.k) - 1) * jump
		jump *= int(l.stride)
	}
	return field
}
