package models

import (
	"fmt"

	"simgan/cgo"
	"simgan/models/architecture"
)

// hourglassDepth is how often an hourglass halves its maps: 64 -> 4 [Newell et al. 2016].
const hourglassDepth = 4

// HandConfig describes the hand estimator.
type HandConfig struct {
	Width  int // feature maps: 256 [Newell et al. 2016]; even, at least 4
	Stacks int // hourglasses behind one another: 2 [SimGAN]
	Joints int // heat maps: 14 [SimGAN]
}

// HandEstimator is the stacked hourglass (Newell, Yang & Deng 2016) with a heat map and a map of depths for each joint; the
// depths, read where the heat map peaks, are an addition (after Iqbal et al. 2018), for errors in mm.
type HandEstimator struct {
	Module
	Config   HandConfig
	stem     conv
	stemNorm norm
	open     [3]residual
	stacks   []stack
}

// stack is one hourglass with its head, and the way back into the features for the next one.
type stack struct {
	glass    *hourglass
	residual residual
	linear   conv
	norm     norm
	out      conv
	back     [2]conv // of the features and of the maps; not in the last stack
}

// hourglass halves its maps, works on them, doubles them again and adds what was kept at full size.
type hourglass struct {
	keep, down, up residual
	inner          *hourglass // nil at the bottom
	bottom         residual
}

// residual is the bottleneck BN ReLU 1x1, BN ReLU 3x3, BN ReLU 1x1, plus its input (through a 1x1 where the width changes).
type residual struct {
	norms [3]norm
	convs [3]conv
	skip  *conv
}

// NewHandEstimator builds it for images of the given channels on the CPU, initialised from libtorch's default generator.
func NewHandEstimator(c HandConfig, channels int) (*HandEstimator, error) {
	if c.Width < 4 || c.Width%4 != 0 || c.Stacks < 1 || c.Joints < 1 {
		return nil, fmt.Errorf("hand estimator: width %d, stacks %d, joints %d: use a width of 4, 8, 12, ... and 1 or more of the others", c.Width, c.Stacks, c.Joints)
	}
	e := &HandEstimator{Config: c}
	err := buildNetwork("hand estimator", func() {
		f := int64(c.Width)
		e.stem = e.conv("stem", int64(channels), f/4, 7, 2, cgo.Zeros, 0)
		e.stemNorm = e.norm("stem_norm", architecture.BatchNormalization, f/4)
		e.open = [3]residual{e.residual("open.0.", f/4, f/2), e.residual("open.1.", f/2, f/2), e.residual("open.2.", f/2, f)}
		for i := range c.Stacks {
			e.stacks = append(e.stacks, e.stack(fmt.Sprintf("stacks.%d.", i), f, int64(2*c.Joints), i < c.Stacks-1))
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

// Input is the side that images of h x w are enlarged to, a multiple of 64: 224 -> 256, as a usual hourglass takes.
func (e *HandEstimator) Input(h, w int) int { return (max(h, w) + 63) / 64 * 64 }

// Map is the side of the maps for images of h x w: a quarter of the input's; 64 for 224 x 224, 16 for 64 x 64.
func (e *HandEstimator) Map(h, w int) int { return e.Input(h, w) / 4 }

// Forward is (b, C, h, w) -> for each stack (b, 2 joints, m, m) float32, m = Map(h, w): heat maps, then depths in units that
// the caller chooses. The image is enlarged without mixing neighbours: hand and background stay apart.
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

// forward is (b, f, n, n) -> (b, f, n, n).
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

// forward is (b, in, n, n) -> (b, out, n, n).
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

// LossHand is, over all stacks, the squared error of the heat maps plus that of the depths where the true heat is, summed over
// joints and cells and averaged over the b images. maps are (b, 2k, m, m); heat and depth (b, k, m, m), depth constant a joint.
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
