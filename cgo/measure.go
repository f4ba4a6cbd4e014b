package cgo

// #include "libsimgan/measure.h"
import "C"

import (
	"errors"
	"time"
)

// ExactFloat32 runs f with float32 convolutions and products on GPUs in full float32. By default libtorch lets
// convolutions use TF32, which keeps 10 of 23 bits.
func ExactFloat32(f func() error) error {
	convolutions, products, err := allowTF32(false, false)
	if err != nil {
		return err
	}
	err = f()
	_, _, back := allowTF32(convolutions, products)
	return errors.Join(err, back)
}

// allowTF32 sets which operations may use TF32 and returns the previous setting.
func allowTF32(convolutions, products bool) (convolutionsWere, productsWere bool, err error) {
	var c, p C.int
	err = check("TF32", C.sg_tf32(flag(convolutions), flag(products), &c, &p))
	return c != 0, p != 0, err
}

// ResetPeak releases unused cached memory and resets the peak that Memory reports. It does nothing on the CPU.
func ResetPeak(device Device) error { return check("reset peak", C.sg_memory_reset(C.int32_t(device))) }

// ProductRate returns how many floating-point operations per second the device makes in products of n x n matrices of
// random numbers of the type. It is the best of 5 tries of `times` products each, after a warm-up.
func ProductRate(device Device, kind Type, n, times int) (float64, error) {
	seconds := func(times int) (float64, error) {
		start := time.Now()
		err := check("products", C.sg_products(C.int32_t(device), C.sg_type(kind), C.int64_t(n), C.int64_t(times)))
		return time.Since(start).Seconds(), err
	}
	if _, err := seconds(1); err != nil {
		return 0, err
	}
	best := 0.0
	for range 5 {
		// The difference of both calls excludes the time to draw the matrices.
		short, err := seconds(1)
		if err != nil {
			return 0, err
		}
		long, err := seconds(1 + times)
		if err != nil {
			return 0, err
		}
		best = max(best, 2*float64(n)*float64(n)*float64(n)*float64(times)/(long-short))
	}
	return best, nil
}
