// Package gputest finds the GPU for a test, or skips the test and says why.
package gputest

import (
	"os"
	"testing"
)

// Need returns the number of the GPU that the test may use, 0. If devices, cgo.CUDADevices, finds none, Need skips the
// test. $SIMGAN_GPU changes this: with "require" the test fails instead, because skipped tests do not check a machine
// with a GPU; with "cpu" Need returns -1, the CPU, which shows without a GPU that the test itself is right.
func Need(t testing.TB, devices func() (int, error)) int {
	t.Helper()
	mode := os.Getenv("SIMGAN_GPU")
	if mode == "cpu" {
		return -1
	}
	if _, err := devices(); err != nil {
		if mode == "require" {
			t.Fatalf("SIMGAN_GPU=require, but no GPU can be used: %v", err)
		}
		t.Skipf("needs a GPU: %v", err)
	}
	return 0
}

// NotOnCPU skips the test if the CPU replaces the GPU. why says what only a GPU has.
func NotOnCPU(t testing.TB, gpu int, why string) {
	t.Helper()
	if gpu < 0 {
		t.Skip("on a GPU only: " + why)
	}
}
