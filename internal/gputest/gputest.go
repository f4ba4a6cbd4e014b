// Package gputest gives tests a GPU, or skips them with a reason.
package gputest

import (
	"os"
	"testing"
)

// Need returns the number of the GPU that the test may use, 0. It skips the test if devices (cgo.CUDADevices) finds
// none. $SIMGAN_GPU changes that. With "require" the test fails instead, because a list of skipped tests does not check
// a machine that has a GPU. With "cpu" Need returns -1, the CPU: without a GPU this shows that the test itself is
// right.
func Need(t testing.TB, devices func() (int, error)) int {
	t.Helper()
	mode := os.Getenv("SIMGAN_GPU")
	if mode == "cpu" {
		return -1
	}
	if _, err := devices(); err != nil {
		if mode == "require" {
			t.Fatalf("no GPU can be used, but SIMGAN_GPU=require: %v", err)
		}
		t.Skipf("needs a GPU: %v", err)
	}
	return 0
}

// NotOnCPU skips the test if the CPU stands in for the GPU; why names what only a GPU has.
func NotOnCPU(t testing.TB, gpu int, why string) {
	t.Helper()
	if gpu < 0 {
		t.Skip("on a GPU only: " + why)
	}
}
