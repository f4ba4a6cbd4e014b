package cgo

// #include "libsimgan/device_kernels.h"
import "C"

import "errors"

// LoadDeviceKernels compiles simgan's CUDA kernels for the GPU and compares them with libtorch's operations. From then
// on they are used on this GPU. After an error libtorch's operations stay in use.
func LoadDeviceKernels(device Device) error {
	if device == CPU {
		return errors.New("device kernels: they are for a GPU")
	}
	if err := CUDAExtras(); err != nil {
		return err
	}
	return check("device kernels", C.sg_device_kernels(C.int32_t(device)))
}
