package cgo

// #include "libsimgan/device_kernels.h"
import "C"

import "errors"

// OwnKernels compiles the kernels of our own for the GPU that is there, and tries them: from then on they are used on it. Where that
// fails, libtorch's operations go on in their place, and the error says why.
func OwnKernels(device Device) error {
	if device == CPU {
		return errors.New("own kernels: they are for a GPU")
	}
	if err := CUDAExtras(); err != nil {
		return err
	}
	return check("own kernels", C.sg_own_kernels(C.int32_t(device)))
}

// border fills, or folds, the border of p pixels in maps (n, c, h+2p, w+2p) with channels innermost: by libtorch's views or by our
// kernel, which is a loop on the CPU.
func border(maps Tensor, p int, fold, own bool) error {
	flag := map[bool]C.int{true: 1}
	return check("border", C.sg_border(ptr(maps), C.int64_t(p), flag[fold], flag[own]), maps)
}
