package simgan

import "simgan/cgo"

// Averages over a log window that guards judge, under these names in metrics.jsonl. They are taken over the fresh
// refined images of D's updates, pixels in [-1, 1]. A variance is that of one pixel over the images of a batch,
// averaged over pixels.
const (
	RefinedChange     = "refined_change"     // mean |R(x) - x|
	DomainDistance    = "domain_distance"    // mean |x - y|, pairs taken at random
	RefinedVariance   = "refined_variance"   // of R(x)
	SyntheticVariance = "synthetic_variance" // of x
	RealVariance      = "real_variance"      // of y
)

// Watched reports whether guards judge the name. Log lines leave these names out.
func Watched(name string) bool {
	switch name {
	case RefinedChange, DomainDistance, RefinedVariance, SyntheticVariance, RealVariance:
		return true
	}
	return false
}

// watch adds the guards' averages for synthetic images x (n, C, H, W), their refined versions (the first n of refined)
// and the first n real images of y.
func (m *meter) watch(s *cgo.Scope, x, refined, y cgo.Tensor) {
	shape := s.Shape(x)
	if shape == nil {
		return
	}
	n := shape[0]
	refined, y = s.Narrow(refined, 0, 0, n), s.Narrow(y, 0, 0, n)
	m.add(s, RefinedChange, meanDistance(s, refined, x))
	m.add(s, DomainDistance, meanDistance(s, y, x))
	m.add(s, RefinedVariance, batchVariance(s, refined))
	m.add(s, SyntheticVariance, batchVariance(s, x))
	m.add(s, RealVariance, batchVariance(s, y))
}

// meanDistance returns mean |a - b| over all elements.
func meanDistance(s *cgo.Scope, a, b cgo.Tensor) cgo.Tensor {
	return s.Scale(s.AbsSum(s.Sub(a, b)), 1/float64(cgo.TensorInfo{Shape: s.Shape(a)}.Numel()))
}

// batchVariance returns the variance of each element of x (n, ...) over the n, averaged over the elements; 0 if n is 1.
func batchVariance(s *cgo.Scope, x cgo.Tensor) cgo.Tensor {
	shape := s.Shape(x)
	if shape == nil {
		return cgo.Tensor{}
	}
	elements := float64(cgo.TensorInfo{Shape: shape[1:]}.Numel())
	return s.Scale(s.SquareSum(s.Sub(x, s.MeanDim(x, 0))), 1/(elements*float64(max(1, shape[0]-1))))
}
