package tinyrun

import (
	"math"
	"testing"
)

// NearLosses wants every loss to be within the share tolerance of the wanted one.
func NearLosses(t *testing.T, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%d losses, want %d", len(got), len(want))
	}
	for i := range want {
		if off := math.Abs(got[i]/want[i] - 1); !(off <= tolerance) {
			t.Errorf("loss %d is %v, want %v: %.2g apart, %g are allowed", i, got[i], want[i], off, tolerance)
		}
	}
}
