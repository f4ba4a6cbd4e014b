//go:build !hdf5

package data

import (
	"context"
	"errors"
)

// readGazeH5 cannot read HDF5: it needs the C library, which a build without it must not ask for.
func readGazeH5(context.Context, string, int, bool) (gazeH5Eyes, error) {
	return gazeH5Eyes{}, errors.New("this simgan was built without HDF5; build it with `make build HDF5=1` (installs libhdf5-dev if need be) or `. build/env.sh && go build -tags hdf5 -o build/simgan ./cmd/simgan`")
}
