package trainer

import "simgan/cgo"

// What the guards judge, under these names in metrics.jsonl: pixels in [-1, 1], averages over the fresh refined images of
// D's updates in a log window. A variance is that of one pixel over the images of a batch, averaged over the pixels.
const (
	refinedChange     = "refined_change"     // mean |R(x) - x|
	domainDistance    = "domain_distance"    // mean |x - y|, pairs taken at random
	refinedVariance   = "refined_variance"   // of R(x)
	syntheticVariance = "synthetic_variance" // of x
	realVariance      = "real_variance"      // of y
)

// watched tells whether a name is one of the guards'; log lines leave these out.
func watched(name string) bool {
	switch name {
	case refinedChange, domainDistance, refinedVariance, syntheticVariance, realVariance:
		return true
	}
	return false
}

// watch measures, on the device, synthetic images x (n, C, H, W), their refined versions, the first n of refined, and
// as many real ones of y.
func (m *meter) watch(s *cgo.Scope, x, refined, y cgo.Tensor) {
	shape := s.Shape(x)
	if shape == nil {
		return
	}
	n := shape[0]
	refined, y = s.Narrow(refined, 0, 0, n), s.Narrow(y, 0, 0, n)
	m.add(s, refinedChange, meanDistance(s, refined, x))
	m.add(s, domainDistance, meanDistance(s, y, x))
	m.add(s, refinedVariance, batchVariance(s, refined))
	m.add(s, syntheticVariance, batchVariance(s, x))
	m.add(s, realVariance, batchVariance(s, y))
}

// meanDistance is mean |a - b| over all elements.
func meanDistance(s *cgo.Scope, a, b cgo.Tensor) cgo.Tensor {
	return s.Scale(s.AbsSum(s.Sub(a, b)), 1/float64(cgo.TensorInfo{Shape: s.Shape(a)}.Numel()))
}

// batchVariance is the variance of each element of x (n, ...) over the n, averaged over the elements; 0 where n is 1.
func batchVariance(s *cgo.Scope, x cgo.Tensor) cgo.Tensor {
	shape := s.Shape(x)
	if shape == nil {
		return cgo.Tensor{}
	}
	elements := float64(cgo.TensorInfo{Shape: shape[1:]}.Numel())
	return s.Scale(s.SquareSum(s.Sub(x, s.MeanDim(x, 0))), 1/(elements*float64(max(1, shape[0]-1))))
}
