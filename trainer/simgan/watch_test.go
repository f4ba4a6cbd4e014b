package simgan

import (
	"math"
	"testing"

	"simgan/cgo"
)

// Two images of two pixels, x = (0, 1), (1, 0); refined = (0.5, 1), (0.5, 0); y = (-1, -1), (1, 1). By hand: variances
// (with n - 1) (0.5 + 0.5)/2, (0 + 0.5)/2 and (2 + 2)/2; |R(x) - x| = (0.5 + 0 + 0.5 + 0)/4; |x - y| = (1 + 2 + 0 +
// 1)/4.
func TestWatchMeasuresImages(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	m := newMeter()
	err := cgo.Within(func(s *cgo.Scope) error {
		from := func(n int64, v ...float32) cgo.Tensor { return s.From(v, cgo.CPU, n, 1, 1, 2) }
		old := []float32{9, 9} // the history's images and further real ones are not looked at
		m.watch(
			s,
			from(2, 0, 1, 1, 0),
			from(3, append([]float32{0.5, 1, 0.5, 0}, old...)...),
			from(3, append([]float32{-1, -1, 1, 1}, old...)...),
		)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.read(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		RefinedChange: 0.25, DomainDistance: 1, RefinedVariance: 0.25, SyntheticVariance: 0.5, RealVariance: 2,
	} {
		if math.Abs(got[name]-want) > 1e-6 {
			t.Errorf("%s is %g, want %g", name, got[name], want)
		}
	}
}
