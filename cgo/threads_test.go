package cgo

import (
	"runtime"
	"testing"
)

// OpenMP 5, section 6.2: OMP_NUM_THREADS is a list of positive integers.
func TestThreadsOfOMP(t *testing.T) {
	for value, want := range map[string]int{
		"3": 3, "4,2": 4, " 5 , 1": 5, "": runtime.NumCPU(), "many": runtime.NumCPU(), "0": runtime.NumCPU(), "-2": runtime.NumCPU(),
	} {
		if got := defaultThreads(value); got != want {
			t.Errorf("%q: %d threads, want %d", value, got, want)
		}
	}
	t.Setenv("OMP_NUM_THREADS", "2,1")
	if got, err := Start(0); err != nil || got != 2 {
		t.Errorf("Start: %d threads, %v", got, err)
	}
}
