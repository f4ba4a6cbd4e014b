package trainer

import (
	"errors"
	"testing"
)

func TestFusedNote(t *testing.T) {
	for want, c := range map[string]struct {
		speedup float64
		err     error
	}{
		"fused refiner: 1.8x faster than libtorch's layers": {1.8, nil},
		"fused refiner off: cuDNN has no plan":              {0, errors.New("cuDNN has no plan")},
	} {
		if got := fusedNote(c.speedup, c.err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
