// Package device starts libtorch for tests that need a GPU.
package device

import (
	"testing"

	"simgan/cgo"
	"simgan/internal/gputest"
)

// Need returns the first GPU, or skips the test if there is none. The calling goroutine owns libtorch from then on.
func Need(t *testing.T) cgo.Device {
	t.Helper()
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	gpu := cgo.Device(gputest.Need(t, cgo.CUDADevices))
	err := cgo.Within(func(s *cgo.Scope) error { // libtorch's allocator exists from the first tensor on
		s.Zeros(cgo.Float32, gpu, 1)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return gpu
}
