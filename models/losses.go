package models

import (
	"fmt"
	"math"

	"simgan/cgo"
	"simgan/models/architecture"
)

// Psi maps images (b, C, H, W) to the features that the refined image must share with the synthetic one [paper, 2.1].
type Psi func(s *cgo.Scope, x cgo.Tensor) []cgo.Tensor

// NewPsi returns identity (default), derivatives (horizontal and vertical differences), mean (of the colour channels),
// or learned, which needs the fixed network features.
func NewPsi(kind architecture.Psi, features *GazeEstimator) (Psi, error) {
	switch kind {
	case architecture.IdentityPsi:
		return func(_ *cgo.Scope, x cgo.Tensor) []cgo.Tensor { return []cgo.Tensor{x} }, nil
	case architecture.DerivativesPsi:
		return derivatives, nil
	case architecture.MeanPsi:
		return func(s *cgo.Scope, x cgo.Tensor) []cgo.Tensor { return []cgo.Tensor{s.MeanDim(x, 1)} }, nil
	case architecture.LearnedPsi:
		if features == nil {
			return nil, fmt.Errorf("psi learned: set train.psi_weights to the safetensors of a gaze estimator, " +
				"as eval gaze --save writes it; its first three layers are psi")
		}
		return func(s *cgo.Scope, x cgo.Tensor) []cgo.Tensor { return []cgo.Tensor{features.Features(s, x)} }, nil
	}
	return nil, fmt.Errorf("psi is %q; use identity, derivatives, mean or learned", kind)
}

// derivatives returns x's differences to the right, (b, C, H, W-1), and down, (b, C, H-1, W).
func derivatives(s *cgo.Scope, x cgo.Tensor) []cgo.Tensor {
	shape := s.Shape(x)
	if shape == nil {
		return []cgo.Tensor{{}}
	}
	difference := func(dim, n int64) cgo.Tensor {
		return s.Sub(s.Narrow(x, dim, 1, n-1), s.Narrow(x, dim, 0, n-1))
	}
	return []cgo.Tensor{difference(3, shape[3]), difference(2, shape[2])}
}

// Weighted returns psi with each feature times its weight: w (b, 1, H, W), which is brought to the size of each feature
// map bilinearly. Then l_reg is lambda sum w |psi(R(x)) - psi(x)|.
func Weighted(psi Psi, w cgo.Tensor) Psi {
	return func(s *cgo.Scope, x cgo.Tensor) []cgo.Tensor {
		features := psi(s, x)
		for i, f := range features {
			if shape := s.Shape(f); shape != nil {
				features[i] = s.Mul(f, s.Enlarge(w, shape[2], shape[3]))
			}
		}
		return features
	}
}

// LossReg is l_reg = lambda ||psi(R(x)) - psi(x)||_1: summed over the elements of psi, averaged over the b images, so
// that lambda does not depend on the batch size. With a limit above 0, a distance of d counts
// limit (1 - exp(-d / limit)): R may change few pixels by much, as glints and hairs do, at no more than lambda limit
// each. That is ours.
func LossReg(s *cgo.Scope, psi Psi, refined, x cgo.Tensor, lambda, limit float64, b int) cgo.Tensor {
	var total cgo.Tensor
	want := psi(s, x)
	for i, got := range psi(s, refined) {
		part := s.LimitedL1(got, want[i], lambda/float64(b), limit)
		if i == 0 {
			total = part
		} else {
			total = s.Add(total, part)
		}
	}
	return total
}

// LossLabel is l_label = agreement ||E(R(x)) - E(x)||_2 / sqrt(k), averaged over the b images: how far the k labels that
// an estimator E sees in the refined image are from those that it sees in the synthetic one. Both are (b, outputs), in
// standard deviations of the labels; a label that is a number has one output, one of classes has one per class. It
// counts once per patch of D, as l_real does, so that the weight does not depend on the image's size. It is ours;
// Hoffman et al. 2018 (CyCADA) compare classes so.
func LossLabel(s *cgo.Scope, refined, synthetic cgo.Tensor, agreement float64, k, patches, b int) cgo.Tensor {
	scale := agreement * float64(patches) / float64(b) / math.Sqrt(float64(k))
	return s.Scale(s.Sum(s.RowNorm(s.Sub(refined, synthetic))), scale)
}

// LossDiversity is l_div = -diversity mean |R(x, z1) - R(x, z2)| over cells, averaged over the b/2 pairs of refined
// images with the same x: image i and image i + b/2 of refined, (b, C, H, W). A cell is the mean over a square of a
// seventh of the shorter side, so that grain does not count. A distance d counts limit (1 - exp(-d / limit)), limit
// being 0.3 of [-1, 1], so that no pair need differ by more. It counts once per patch of D. Yang et al. 2019 (DSGAN)
// and Mao et al. 2019 (MSGAN) reward such distances; cells are ours.
func LossDiversity(s *cgo.Scope, refined cgo.Tensor, diversity float64, patches int) cgo.Tensor {
	shape := s.Shape(refined)
	if shape == nil {
		return cgo.Tensor{}
	}
	b, c, h, w := shape[0], shape[1], shape[2], shape[3]
	side := max(1, min(h, w)/cellsPerSide)
	rows, columns := h/side, w/side
	x := s.Narrow(s.Narrow(refined, 2, 0, rows*side), 3, 0, columns*side)
	cells := s.MeanDim(s.MeanDim(s.View(x, b, c, rows, side, columns, side), 5), 3) // (b, C, rows, columns)
	pairs := b / 2
	scale := -diversity * float64(patches) / float64(pairs*c*rows*columns)
	return s.LimitedL1(s.Narrow(cells, 0, 0, pairs), s.Narrow(cells, 0, pairs, pairs), scale, mostApart)
}

// The squares whose means LossDiversity compares, and the distance beyond which they hardly gain.
const (
	cellsPerSide = 7
	mostApart    = 0.3
)

// LossReal is l_real = -log(1 - D(R(x))), equation (3): cross-entropy of D's logits (b, 2, h, w) against "real", summed
// over the h x w patches, averaged over the b images. w weighs the patches as in patchNLL.
func LossReal(s *cgo.Scope, logits, w cgo.Tensor, b int) cgo.Tensor {
	return patchNLL(s, logits, Real, w, b)
}

// LossD is L_D = -sum log D(x~) - sum log(1 - D(y)), equation (2), each summed over the patches, averaged over the b
// images. w weighs the patches as in patchNLL.
func LossD(s *cgo.Scope, refined, real, w cgo.Tensor, b int) cgo.Tensor {
	return s.Add(patchNLL(s, refined, Refined, w, b), patchNLL(s, real, Real, w, b))
}

// patchNLL is the cross-entropy of D's logits (b, 2, h, w) against the class, averaged over the b images and summed over
// the patches, each times its weight: w (b, 1, h, w). No tensor: each counts 1.
func patchNLL(s *cgo.Scope, logits cgo.Tensor, class int64, w cgo.Tensor, b int) cgo.Tensor {
	if w == (cgo.Tensor{}) {
		return s.PatchNLL(logits, class, 1/float64(b))
	}
	return s.WeightedPatchNLL(logits, w, class, 1/float64(b))
}

// PenaltyR1 is r1/2 ||grad_y (log-odds of "real", summed over patches)||^2, averaged over the b images (Mescheder et
// al. 2018): it keeps D smooth around the real images. y must require its gradient, and the logits come from D.Layers.
func PenaltyR1(s *cgo.Scope, logits, y cgo.Tensor, r1 float64, b int) cgo.Tensor {
	odds := s.Sub(s.Narrow(logits, 1, Real, 1), s.Narrow(logits, 1, Refined, 1))
	return s.Scale(s.SquareSum(s.Gradient(odds, y)), r1/2/float64(b))
}
