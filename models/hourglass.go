package models

import (
	"fmt"

	"simgan/cgo"
	"simgan/models/architecture"
)

// hourglassDepth is the number of times that an hourglass halves its maps: 64 -> 4 [Newell et al. 2016].
const hourglassDepth = 4

// HandConfig describes the hand estimator.
type HandConfig struct {
	Width  int // feature maps: 256 [Newell et al. 2016]; even, at least 4
	Stacks int // hourglasses in sequence: 2 [SimGAN]
	Joints int // heat maps: 14 [SimGAN]
}

// HandEstimator is the stacked hourglass (Newell, Yang & Deng 2016) with a heat map and a depth map for each joint. The
// depth map is our addition (after Iqbal et al. 2018), for errors in mm: it is read at the peak of the heat map.
type HandEstimator struct {
	Module
	Config   HandConfig
	stem     conv
	stemNorm norm
	open     [3]residual
	stacks   []stack
}

// stack is one hourglass with its head, and the convolutions that add its results to the next stack's input.
type stack struct {
	glass    *hourglass
	residual residual
	linear   conv
	norm     norm
	out      conv
	back     [2]conv // from the features and from the maps; unused in the last stack
}

// hourglass halves its maps, transforms them, doubles them again and adds the branch that kept full size.
type hourglass struct {
	keep, down, up residual
	inner          *hourglass // nil at the bottom
	bottom         residual
}

// residual is the bottleneck BN ReLU 1x1, BN ReLU 3x3, BN ReLU 1x1, plus its input (through a 1x1 if widths differ).
type residual struct {
	norms [3]norm
	convs [3]conv
	skip  *conv
}

// NewHandEstimator builds a hand estimator for images of the given channels on the CPU, initialised from libtorch's
// default generator.
func NewHandEstimator(c HandConfig, channels int) (*HandEstimator, error) {
	if c.Width < 4 || c.Width%4 != 0 || c.Stacks < 1 || c.Joints < 1 {
		return nil, fmt.Errorf("hand estimator: width %d, stacks %d, joints %d: "+
			"use a width of 4, 8, 12, ..., and at least 1 stack and 1 joint", c.Width, c.Stacks, c.Joints)
	}
	e := &HandEstimator{Config: c}
	err := buildNetwork("hand estimator", func() {
		f := int64(c.Width)
		e.stem = e.conv("stem", int64(channels), f/4, 7, 2, cgo.Zeros, 0)
		e.stemNorm = e.norm("stem_norm", architecture.BatchNormalization, f/4)
		e.open = [3]residual{
			e.residual("open.0.", f/4, f/2), e.residual("open.1.", f/2, f/2), e.residual("open.2.", f/2, f),
		}
		for i := range c.Stacks {
			name, more := fmt.Sprintf("stacks.%d.", i), i < c.Stacks-1
			e.stacks = append(e.stacks, e.stack(name, f, int64(2*c.Joints), more))
		}
	})
	return e, err
}

// Close frees the network. It does nothing on nil.
func (e *HandEstimator) Close() {
	if e != nil {
		e.Module.Close()
	}
}

func (m *Module) stack(name string, f, maps int64, more bool) stack {
	s := stack{
		glass:    m.hourglass(name+"glass.", f, hourglassDepth),
		residual: m.residual(name+"residual.", f, f),
		linear:   m.conv(name+"linear", f, f, 1, 1, cgo.Zeros, 0),
		norm:     m.norm(name+"norm", architecture.BatchNormalization, f),
		out:      m.conv(name+"out", f, maps, 1, 1, cgo.Zeros, 1e-2),
	}
	if more {
		s.back[0] = m.conv(name+"back_features", f, f, 1, 1, cgo.Zeros, 0)
		s.back[1] = m.conv(name+"back_maps", maps, f, 1, 1, cgo.Zeros, 0)
	}
	return s
}

func (m *Module) hourglass(name string, f int64, depth int) *hourglass {
	h := &hourglass{keep: m.residual(name+"keep.", f, f), down: m.residual(name+"down.", f, f)}
	if depth > 1 {
		h.inner = m.hourglass(name+"inner.", f, depth-1)
	} else {
		h.bottom = m.residual(name+"bottom.", f, f)
	}
	h.up = m.residual(name+"up.", f, f)
	return h
}

func (m *Module) residual(name string, in, out int64) (r residual) {
	widths := [4]int64{in, out / 2, out / 2, out}
	for i, k := range [3]int64{1, 3, 1} {
		r.norms[i] = m.norm(fmt.Sprintf("%snorm%d", name, i+1), architecture.BatchNormalization, widths[i])
		r.convs[i] = m.conv(fmt.Sprintf("%sconv%d", name, i+1), widths[i], widths[i+1], k, 1, cgo.Zeros, 0)
	}
	if in != out {
		c := m.conv(name+"skip", in, out, 1, 1, cgo.Zeros, 0)
		r.skip = &c
	}
	return r
}

// Input returns the side that images of h x w are enlarged to, a multiple of 64: 224 -> 256, the usual hourglass input.
func (e *HandEstimator) Input(h, w int) int { return (max(h, w) + 63) / 64 * 64 }

// Map returns the side of the maps for images of h x w, a quarter of Input: 64 for 224 x 224, 16 for 64 x 64.
func (e *HandEstimator) Map(h, w int) int { return e.Input(h, w) / 4 }

// Forward maps (b, C, h, w) to (b, 2 joints, m, m) float32 per stack, m = Map(h, w): heat maps, then depths in the
// caller's unit. The image is enlarged without mixing neighbours, so that hand and background stay apart.
func (e *HandEstimator) Forward(s *cgo.Scope, x cgo.Tensor, training bool) (maps []cgo.Tensor) {
	shape := s.Shape(x)
	if shape == nil {
		return nil
	}
	side := int64(e.Input(int(shape[2]), int(shape[3])))
	if shape[2] != side || shape[3] != side {
		x = s.Nearest(x, side, side) // (b, C, side, side)
	}
	x = s.ReLU(e.stemNorm.forward(s, e.stem.forward(s, x), training)) // (b, f/4, side/2, side/2)
	x = s.MaxPool2d(e.open[0].forward(s, x, training), 2, 2, 0)       // (b, f/2, m, m)
	x = e.open[2].forward(s, e.open[1].forward(s, x, training), training)
	for i, k := range e.stacks {
		y := k.residual.forward(s, k.glass.forward(s, x, training), training)
		y = s.ReLU(k.norm.forward(s, k.linear.forward(s, y), training)) // (b, f, m, m)
		out := k.out.forward(s, y)                                      // (b, 2 joints, m, m)
		maps = append(maps, s.Float(out))
		if i < len(e.stacks)-1 {
			x = s.Add(x, s.Add(k.back[0].forward(s, y), k.back[1].forward(s, out)))
		}
	}
	return maps
}

// forward maps (b, f, n, n) to (b, f, n, n).
func (h *hourglass) forward(s *cgo.Scope, x cgo.Tensor, training bool) cgo.Tensor {
	keep := h.keep.forward(s, x, training)
	low := h.down.forward(s, s.MaxPool2d(x, 2, 2, 0), training)
	if h.inner != nil {
		low = h.inner.forward(s, low, training)
	} else {
		low = h.bottom.forward(s, low, training)
	}
	low = h.up.forward(s, low, training)
	shape := s.Shape(keep)
	if shape == nil {
		return cgo.Tensor{}
	}
	return s.Add(keep, s.Nearest(low, shape[2], shape[3]))
}

// forward maps (b, in, n, n) to (b, out, n, n).
func (r *residual) forward(s *cgo.Scope, x cgo.Tensor, training bool) cgo.Tensor {
	y := x
	for i := range r.convs {
		y = r.convs[i].forward(s, s.ReLU(r.norms[i].forward(s, y, training)))
	}
	if r.skip != nil {
		x = r.skip.forward(s, x)
	}
	return s.Add(x, y)
}

// LossHand returns the squared error of the heat maps plus that of the depths, weighted with the true heat: summed over
// stacks, joints and cells, averaged over the b images. maps are (b, 2k, m, m); heat and depth are (b, k, m, m), and
// depth is constant per joint.
func LossHand(s *cgo.Scope, maps []cgo.Tensor, heat, depth cgo.Tensor, joints int64, b int) (loss cgo.Tensor) {
	for i, out := range maps {
		part := s.SquareSum(s.Sub(s.Narrow(out, 1, 0, joints), heat))
		part = s.Add(part, s.SquareSum(s.Mul(heat, s.Sub(s.Narrow(out, 1, joints, joints), depth))))
		if i > 0 {
			part = s.Add(loss, part)
		}
		loss = part
	}
	return s.Scale(loss, 1/float64(b))
}
