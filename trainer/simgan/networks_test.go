package simgan

import (
	"errors"
	"testing"
)

func TestKernelNote(t *testing.T) {
	for want, c := range map[string]struct {
		network string
		speedup float64
		err     error
	}{
		"fused refiner: 1.8x faster than libtorch's layers": {"refiner", 1.8, nil},
		"fused discriminator off: cuDNN has no plan":        {"discriminator", 0, errors.New("cuDNN has no plan")},
	} {
		if got := kernelNote(c.network, c.speedup, c.err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
