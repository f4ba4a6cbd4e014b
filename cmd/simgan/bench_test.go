package main

import (
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/internal/exit"
)

// Without a GPU bench says so in one line, before anything else, and fails with 1.
func TestBenchOnAMissingGPU(t *testing.T) {
	if n, err := cgo.CUDADevices(); err == nil && n > 0 {
		t.Skip("this machine has a GPU")
	}
	for _, more := range [][]string{{"--only", "device"}, {"--python", "/nowhere"}} {
		var out, problems strings.Builder
		code := run(append([]string{"simgan", "bench", "train", "--device", "cuda"}, more...), &out, &problems)
		if code != exit.Failed || out.Len() > 0 || strings.Count(problems.String(), "\n") != 1 ||
			!strings.Contains(problems.String(), `device "cuda"`) {
			t.Errorf("%v: code %d, %q, %q", more, code, out.String(), problems.String())
		}
	}
}
