//go:build !hdf5

package data

import (
	"context"
	"errors"
)

// readGazeH5 returns an error: reading HDF5 needs the C library, which builds without the tag hdf5 must not link.
func readGazeH5(context.Context, string, int, bool) (gazeH5Eyes, error) {
	return gazeH5Eyes{}, errors.New("this simgan was built without HDF5; " +
		"build it with `make build HDF5=1` (installs libhdf5-dev if it is missing) " +
		"or `. build/env.sh && go build -tags hdf5 -o build/simgan ./cmd/simgan`")
}
