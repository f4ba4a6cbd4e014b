// Package gputest says for tests whether there is a GPU, and why one is skipped.
package gputest

import (
	"os"
	"testing"
)

// Need is the number of the GPU that the test may use, 0; the test is skipped where devices, cgo.CUDADevices, finds none.
// $SIMGAN_GPU changes that: with "require" the test fails then, for a list of skipped tests is no check of a machine that has
// a GPU; with "cpu" Need is -1, the CPU, which shows without a GPU that the test itself is right.
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

// NotOnCPU skips the test where the CPU stands in for the GPU and why says what only a GPU has.
func NotOnCPU(t testing.TB, gpu int, why string) {
	t.Helper()
	if gpu < 0 {
		t.Skip("on a GPU only: " + why)
	}
}
