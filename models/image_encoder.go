package models

import (
	"fmt"

	"simgan/cgo"
)

// ImageEncoder is a small convolutional network that says something about an image's look: (b, C, h, w) -> (b, outputs)
// for images of any size. Stages of a 3x3 convolution, a ReLU and a 2x2 max-pool follow one another until the shorter
// side is below fewestRows. Features are the means of the last maps, so that it does not matter where in the image
// something is seen.
type ImageEncoder struct {
	Module
	convs []conv
	pools int // stages that halve the maps
	last  linear
}

// encoderMaps are the feature maps of an ImageEncoder's stages; later stages have as many as the last of them.
var encoderMaps = []int64{32, 64, 128}

// fewestRows is the shorter side below which maps are not halved.
const fewestRows = 8

// NewImageEncoder builds an encoder for images of channels x h x w on the CPU, initialised from libtorch's default
// generator. It has at least as many stages as encoderMaps; those of small images do not halve their maps.
func NewImageEncoder(channels, h, w, outputs int) (*ImageEncoder, error) {
	e := &ImageEncoder{}
	err := buildNetwork("image encoder", func() {
		in, side := int64(channels), min(h, w)
		for stage := 0; stage < len(encoderMaps) || side >= fewestRows; stage++ {
			maps := encoderMaps[min(stage, len(encoderMaps)-1)]
			e.convs = append(e.convs, e.conv(fmt.Sprintf("conv%d", stage+1), in, maps, 3, 1, cgo.Zeros, 0))
			if side >= fewestRows {
				e.pools++
			}
			in, side = maps, side/2
		}
		e.last = e.linear("last", in, int64(outputs), 1e-2)
	})
	return e, err
}

// Features maps (b, C, h, w) to the means of the last stage's maps, (b, 128) float32.
func (e *ImageEncoder) Features(s *cgo.Scope, x cgo.Tensor) cgo.Tensor {
	for i, c := range e.convs {
		x = s.ReLUInPlace(c.forward(s, x))
		if i < e.pools {
			x = s.MaxPool2d(x, 2, 2, 0) // (b, maps, h/2, w/2), rounded down
		}
	}
	return s.Flatten(s.MeanDim(s.MeanDim(s.Float(x), 2), 3))
}

// FeatureRows cuts the Features of n images into a row per image.
func FeatureRows(features []float32, n int) [][]float64 {
	rows := make([][]float64, n)
	for i := range rows {
		for _, v := range features[i*len(features)/n : (i+1)*len(features)/n] {
			rows[i] = append(rows[i], float64(v))
		}
	}
	return rows
}

// Forward maps (b, C, h, w) to (b, outputs) float32.
func (e *ImageEncoder) Forward(s *cgo.Scope, x cgo.Tensor) cgo.Tensor {
	return s.Float(e.last.forward(s, e.Features(s, x)))
}

// LossSquare returns the squared difference of estimates and truth, both (b, k), averaged over all b*k values.
func LossSquare(s *cgo.Scope, estimated, truth cgo.Tensor, b, k int) cgo.Tensor {
	return s.Scale(s.SquareSum(s.Sub(estimated, truth)), 1/float64(b*k))
}
