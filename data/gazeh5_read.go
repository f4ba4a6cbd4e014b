//go:build hdf5

package data

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"gonum.org/v1/hdf5"

	"simgan/cgo/h5names"
)

// hdf5Lock guards libhdf5: builds of Linux distributions allow only one thread in it.
var hdf5Lock sync.Mutex

// readGazeH5 reads the first images of the file (0: all) and their gaze, if labelled is set and the file has look_vec.
// If ctx is cancelled, the error is its cause.
func readGazeH5(ctx context.Context, path string, first int, labelled bool) (eyes gazeH5Eyes, err error) {
	hdf5Lock.Lock()
	defer hdf5Lock.Unlock()
	if !hdf5.IsHDF5(path) {
		return eyes, fmt.Errorf("%s: is not an HDF5 file; name Kaggle's gaze.h5 or real_gaze.h5", path)
	}
	file, err := hdf5.OpenFile(path, hdf5.F_ACC_RDONLY)
	if err != nil {
		return eyes, fmt.Errorf("%s: is a truncated or damaged HDF5 file (%w): copy it again", path, err)
	}
	defer file.Close()
	total, err := eyes.readImages(ctx, file, first)
	if err == nil && labelled && file.LinkExists("look_vec") {
		err = eyes.readGaze(file, total)
	}
	if err != nil {
		return eyes, fmt.Errorf("%s: %w", path, err)
	}
	return eyes, nil
}

// readImages reads the first images (0: all) and returns how many the file holds.
func (e *gazeH5Eyes) readImages(ctx context.Context, file *hdf5.File, first int) (total int, err error) {
	if !file.LinkExists("image") {
		return 0, fmt.Errorf("has no group image, which holds the eyes in Kaggle's gaze.h5 and real_gaze.h5")
	}
	group, err := file.OpenGroup("image")
	if err != nil {
		return 0, fmt.Errorf("image is not a readable group of data sets (%w)", err)
	}
	defer group.Close()
	names, err := h5names.List(group.ID())
	total = len(names)
	switch {
	case err != nil:
		return 0, fmt.Errorf("group image: %w", err)
	case total == 0:
		return 0, fmt.Errorf("group image is empty")
	case first > total:
		return 0, fmt.Errorf("group image holds %d images, fewer than n=%d", total, first)
	case first > 0:
		names = names[:first]
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if err := e.readImage(group, name); err != nil {
			return 0, fmt.Errorf("data set image/%s: %w", name, err)
		}
	}
	return total, nil
}

// readImage appends one image, (35,55) uint8.
func (e *gazeH5Eyes) readImage(group *hdf5.Group, name string) error {
	return useDataset(&group.CommonFG, name, func(set *hdf5.Dataset, shape []uint, kind *hdf5.Datatype) error {
		if !slices.Equal(shape, []uint{GazeHeight, GazeWidth}) {
			return fmt.Errorf("its shape is %v, not [%d %d]", shape, GazeHeight, GazeWidth)
		}
		if !kind.Equal(hdf5.T_NATIVE_UINT8) {
			return fmt.Errorf("its numbers are not uint8 (%d bytes each, HDF5 class %d)", kind.Size(), kind.Class())
		}
		pix := make([]uint8, GazeHeight*GazeWidth)
		if err := set.Read(&pix); err != nil {
			return fmt.Errorf("cannot be read (%w): the file is damaged, or this libhdf5 cannot decompress it", err)
		}
		e.names, e.pix = append(e.names, name), append(e.pix, pix...)
		return nil
	})
}

// readGaze reads look_vec (total,3) or (total,4). A fourth column is UnityEyes' 0 and is ignored.
func (e *gazeH5Eyes) readGaze(file *hdf5.File, total int) error {
	err := useDataset(&file.CommonFG, "look_vec", func(set *hdf5.Dataset, shape []uint, kind *hdf5.Datatype) error {
		if len(shape) != 2 || shape[0] != uint(total) || shape[1] != 3 && shape[1] != 4 {
			return fmt.Errorf("its shape is %v, not [%d 3] or [%d 4], one row per image", shape, total, total)
		}
		look, err := readFloats(set, kind, total*int(shape[1]))
		if err != nil {
			return err
		}
		for i := range e.names {
			gaze, err := unityGaze([3]float64(look[i*int(shape[1]):]))
			if err != nil {
				return fmt.Errorf("row %d: %w", i, err)
			}
			e.gaze = append(e.gaze, gaze)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("data set look_vec: %w; labels=false reads only the images", err)
	}
	return nil
}

// readFloats reads n numbers of float32 or float64.
func readFloats(set *hdf5.Dataset, kind *hdf5.Datatype, n int) (values []float64, err error) {
	values = make([]float64, n)
	switch {
	case kind.Equal(hdf5.T_NATIVE_DOUBLE):
		err = set.Read(&values)
	case kind.Equal(hdf5.T_NATIVE_FLOAT):
		single := make([]float32, n)
		err = set.Read(&single)
		for i, v := range single {
			values[i] = float64(v)
		}
	default:
		return nil, fmt.Errorf("its numbers are neither float32 nor float64 (%d bytes each, HDF5 class %d)",
			kind.Size(), kind.Class())
	}
	if err != nil {
		return nil, fmt.Errorf("cannot be read (%w): the file is damaged, or this libhdf5 cannot decompress it", err)
	}
	return values, nil
}

// useDataset opens a data set and calls use with it, its shape (nil for a scalar) and the type of its numbers.
func useDataset(in *hdf5.CommonFG, name string, use func(*hdf5.Dataset, []uint, *hdf5.Datatype) error) error {
	set, err := in.OpenDataset(name)
	if err != nil {
		return fmt.Errorf("is not a readable data set (%w)", err)
	}
	defer set.Close()
	kind, err := set.Datatype()
	if err != nil {
		return err
	}
	defer kind.Close()
	space := set.Space()
	if space == nil {
		return fmt.Errorf("has no shape")
	}
	defer space.Close()
	var shape []uint
	if space.IsSimple() && space.SimpleExtentNDims() > 0 {
		if shape, _, err = space.SimpleExtentDims(); err != nil {
			return err
		}
	}
	return use(set, shape, kind)
}
