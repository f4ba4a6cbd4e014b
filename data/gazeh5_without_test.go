//go:build !hdf5

package data

import (
	"strings"
	"testing"
)

// A build without HDF5 reports how to build with it.
func TestGazeH5NeedsItsBuild(t *testing.T) {
	_, err := Open("gazeh5:testdata/gazeh5/gaze.h5")
	if err == nil || !strings.Contains(err.Error(), "make build HDF5=1") || !strings.Contains(err.Error(), "-tags hdf5") {
		t.Errorf("the error names no way out: %v", err)
	}
}
