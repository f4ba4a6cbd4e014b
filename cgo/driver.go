package cgo

// #include "libsimgan/driver.h"
import "C"

// GPU is what the NVIDIA driver says of a GPU.
type GPU struct {
	Name string // "NVIDIA H100 80GB HBM3"
	UUID string // "GPU-..." or, for a part of a GPU, "MIG-...": as CUDA_VISIBLE_DEVICES and nvidia-smi take it
}

// DriverGPU asks the driver for a GPU. Devices count as in ParseDevice: CUDA_VISIBLE_DEVICES is heeded.
func DriverGPU(device Device) (GPU, error) {
	var name, uuid *C.char
	if err := check("GPU", C.sg_driver_gpu(C.int32_t(device), &name, &uuid)); err != nil {
		return GPU{}, err
	}
	return GPU{Name: take(name), UUID: take(uuid)}, nil
}
