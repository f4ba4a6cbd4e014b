// Package gputest says for tests whether there is a GPU, and why one is skipped.
package gputest

import (
	"os"
	"testing"
)

// Need skips the test where devices, cgo.CUDADevices, finds no GPU. It fails where SIMGAN_GPU=require is set: a list of
// skipped tests is no check on a machine that has one.
func Need(t testing.TB, devices func() (int, error)) {
	t.Helper()
	_, err := devices()
	switch {
	case err == nil:
	case os.Getenv("SIMGAN_GPU") == "require":
		t.Fatalf("no GPU can be used, but SIMGAN_GPU=require: %v", err)
	default:
		t.Skipf("needs a GPU: %v", err)
	}
}
