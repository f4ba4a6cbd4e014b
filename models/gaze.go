package models

import (
	"fmt"

	"simgan/cgo"
)

// GazeEstimator is the paper's gaze network: (b, 1, 35, 55) -> gaze vector (b, 3), with unpadded convolutions.
type GazeEstimator struct {
	Module
	Kernels  Kernels
	convs    []conv
	fc1, fc2 linear
	h, w     int64
}

// gazeTable lists the gaze network's convolutions and pools. 35 x 55 becomes 192 x 5 x 10 = 9600 values [derived].
var gazeTable = []layer{
	{32, 3, 1},  // (b, 32, 33, 53)
	{32, 3, 1},  // (b, 32, 31, 51)
	{64, 3, 1},  // (b, 64, 29, 49)
	{0, 3, 2},   // (b, 64, 14, 24)
	{80, 3, 1},  // (b, 80, 12, 22)
	{192, 3, 1}, // (b, 192, 10, 20)
	{0, 2, 2},   // (b, 192, 5, 10)
}

// NewGazeEstimator builds a gaze estimator for images of channels x h x w. outputs is the label's length, 3 for gaze.
func NewGazeEstimator(channels, h, w, outputs int) (*GazeEstimator, error) {
	g := &GazeEstimator{h: int64(h), w: int64(w)}
	in := int64(channels)
	oh, ow := int64(h), int64(w)
	for _, l := range gazeTable {
		oh, ow = (oh-l.k)/l.stride+1, (ow-l.k)/l.stride+1
	}
	if oh < 1 || ow < 1 {
		return nil, fmt.Errorf("gaze estimator: images of %dx%d (height x width) are too small; use 18x18 or larger", h, w)
	}
	err := buildNetwork("gaze estimator", func() {
		for _, l := range gazeTable {
			if l.out == 0 {
				continue
			}
			c := g.conv(fmt.Sprintf("conv%d", len(g.convs)+1), in, l.out, l.k, l.stride, cgo.Zeros, 0)
			c.Padding = 0
			g.convs = append(g.convs, c)
			in = l.out
		}
		g.fc1 = g.linear("fc1", in*oh*ow, 1000, 0)
		g.fc2 = g.linear("fc2", 1000, int64(outputs), 1e-2)
	})
	return g, err
}

// Close frees the network. It does nothing on nil.
func (g *GazeEstimator) Close() {
	if g != nil {
		g.Module.Close()
	}
}

// UseCPUKernels lets the convolutions run through our kernels on the CPU where the processor has them: in
// bfloat16 if bfloat, else in float32.
func (g *GazeEstimator) UseCPUKernels(bfloat bool) { g.Kernels.useCPU(g, bfloat) }

// Forward maps (b, C, h, w) to (b, outputs) float32.
func (g *GazeEstimator) Forward(s *cgo.Scope, x cgo.Tensor) cgo.Tensor {
	maps := g.Kernels.run(s, g, x, true)
	// (b, 9600) -> (b, 1000) -> (b, 3)
	return s.Float(g.fc2.forward(s, s.ReLUInPlace(g.fc1.forward(s, s.Flatten(maps)))))
}

// Layers returns the maps of the last pool, layer by layer.
func (g *GazeEstimator) Layers(s *cgo.Scope, x cgo.Tensor, _ bool) cgo.Tensor {
	return g.layers(s, x, len(gazeTable))
}

// kernelTable returns the table's convolutions with the padding that kernels have. Each pool leaves out what the
// convolutions before it would not have without.
func (g *GazeEstimator) kernelTable() (table []cgo.FusedLayer, padding cgo.Padding) {
	added := int64(0)
	for _, l := range gazeTable {
		if l.out > 0 {
			table = append(table, cgo.FusedLayer{Stride: l.stride})
			added += l.k / 2
			continue
		}
		last := &table[len(table)-1]
		last.Pool, last.PoolStride, last.PoolPadding = l.k, l.stride, -added
		added = 0
	}
	return table, cgo.Zeros
}

// Features returns the maps of the first three layers, (b, 64, h-6, w-6): a learned psi.
func (g *GazeEstimator) Features(s *cgo.Scope, x cgo.Tensor) cgo.Tensor { return g.layers(s, x, 3) }

func (g *GazeEstimator) layers(s *cgo.Scope, x cgo.Tensor, n int) cgo.Tensor {
	next := 0
	for _, l := range gazeTable[:n] {
		if l.out == 0 {
			x = s.MaxPool2d(x, l.k, l.stride, 0)
			continue
		}
		x = s.ReLUInPlace(g.convs[next].forward(s, x))
		next++
	}
	return x
}

// LossGaze returns the Euclidean distance of estimated from true vectors (b, 3), averaged over the b images [paper].
func LossGaze(s *cgo.Scope, estimated, truth cgo.Tensor, b int) cgo.Tensor {
	return s.Scale(s.Sum(s.RowNorm(s.Sub(estimated, truth))), 1/float64(b))
}
