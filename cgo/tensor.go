package cgo

// #include "libsimgan/tensor.h"
import "C"

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// Type is a scalar type, numbered as libtorch's.
type Type C.sg_type

// The types that simgan uses.
const (
	Uint8    Type = C.SG_UINT8
	Int64    Type = C.SG_INT64
	Float32  Type = C.SG_FLOAT32
	BFloat16 Type = C.SG_BFLOAT16
)

// Device is CPU or the index of a CUDA device.
type Device int32

// CPU is the host. Device(n), n >= 0, is cuda:n.
const CPU Device = -1

// String returns the device's name as PyTorch writes it.
func (d Device) String() string {
	if d == CPU {
		return "cpu"
	}
	return "cuda:" + strconv.Itoa(int(d))
}

// TensorInfo describes a tensor.
type TensorInfo struct {
	Shape  []int64
	Type   Type
	Device Device
}

// String returns the shape as (32,1,35,55).
func (i TensorInfo) String() string {
	sizes := make([]string, len(i.Shape))
	for k, n := range i.Shape {
		sizes[k] = strconv.FormatInt(n, 10)
	}
	return "(" + strings.Join(sizes, ",") + ")"
}

// Numel returns the number of elements.
func (i TensorInfo) Numel() int64 {
	n := int64(1)
	for _, k := range i.Shape {
		n *= k
	}
	return n
}

// Info describes t. It is an error if t is no tensor.
func Info(t Tensor) (TensorInfo, error) {
	if t.T == nil || *t.T == nil {
		return TensorInfo{}, fmt.Errorf("info: no tensor")
	}
	var dims C.int64_t
	var shape [8]C.int64_t
	var kind C.sg_type
	var device C.int32_t
	if message := C.sg_tensor_info(ptr(t), &dims, &shape[0], &kind, &device); message != nil {
		return TensorInfo{}, fmt.Errorf("info: %s", take(message))
	}
	info := TensorInfo{Type: Type(kind), Device: Device(device), Shape: make([]int64, min(int(dims), len(shape)))}
	for i := range info.Shape {
		info.Shape[i] = int64(shape[i])
	}
	return info, nil
}

// Shape returns the tensor's sizes, nil after an error.
func (s *Scope) Shape(t Tensor) []int64 {
	if s.err != nil {
		return nil
	}
	info, err := Info(t)
	if err != nil {
		s.err = err
	}
	return info.Shape
}

// From copies float32 values, row-major, to a tensor of the shape on the device.
func (s *Scope) From(values []float32, device Device, shape ...int64) Tensor {
	return s.from(unsafe.Pointer(unsafe.SliceData(values)), len(values), Float32, device, shape)
}

// FromBytes copies bytes to a uint8 tensor on the CPU.
func (s *Scope) FromBytes(values []byte) Tensor {
	return s.from(unsafe.Pointer(unsafe.SliceData(values)), len(values), Uint8, CPU, []int64{int64(len(values))})
}

func (s *Scope) from(data unsafe.Pointer, n int, kind Type, device Device, shape []int64) Tensor {
	want := TensorInfo{Shape: shape}
	if s.err == nil && want.Numel() != int64(n) {
		s.err = fmt.Errorf("from: %d values do not fill %v", n, want)
	}
	return s.op("from", func(out *C.sg_tensor) *C.char {
		return C.sg_tensor_from(data, C.sg_type(kind), sizes(shape), C.int64_t(len(shape)), C.int32_t(device), out)
	})
}

// Zeros returns a tensor of zeros.
func (s *Scope) Zeros(kind Type, device Device, shape ...int64) Tensor {
	return s.op("zeros"+TensorInfo{Shape: shape}.String(), func(out *C.sg_tensor) *C.char {
		return C.sg_tensor_zeros(C.sg_type(kind), sizes(shape), C.int64_t(len(shape)), C.int32_t(device), out)
	})
}

// Empty returns a tensor whose values are undefined. On the CPU a large one takes memory only as it is written.
func (s *Scope) Empty(kind Type, device Device, shape ...int64) Tensor {
	return s.op("empty"+TensorInfo{Shape: shape}.String(), func(out *C.sg_tensor) *C.char {
		return C.sg_tensor_empty(C.sg_type(kind), sizes(shape), C.int64_t(len(shape)), C.int32_t(device), out)
	})
}

// ZerosLike returns zeros with t's shape, type and memory layout, which optimizer state must share with its parameter.
func (s *Scope) ZerosLike(t Tensor) Tensor {
	return s.op("zeros like", func(out *C.sg_tensor) *C.char { return C.sg_tensor_zeros_like(ptr(t), out) }, t)
}

// To returns t on the device, as the type.
func (s *Scope) To(t Tensor, device Device, kind Type) Tensor { return s.to(t, device, kind, 0) }

// ChannelsLast returns t, of 4 dimensions, on its device with channels innermost in memory. bfloat16 convolutions are
// fastest in this layout on CPUs and on tensor cores.
func (s *Scope) ChannelsLast(t Tensor) Tensor {
	info, err := Info(t)
	if s.err == nil && err != nil {
		s.err = err
	}
	return s.to(t, info.Device, info.Type, 1)
}

// Float returns t as float32.
func (s *Scope) Float(t Tensor) Tensor {
	info, err := Info(t)
	if s.err == nil && err != nil {
		s.err = err
	}
	return s.to(t, info.Device, Float32, 0)
}

func (s *Scope) to(t Tensor, device Device, kind Type, channelsLast C.int) Tensor {
	return s.op("to "+device.String(), func(out *C.sg_tensor) *C.char {
		return C.sg_tensor_to(ptr(t), C.int32_t(device), C.sg_type(kind), channelsLast, out)
	}, t)
}

// Copy overwrites dst's values with src's, across devices and types. Autograd does not see it.
func Copy(dst, src Tensor) error {
	return check("copy", C.sg_tensor_copy(ptr(dst), ptr(src)), dst, src)
}

// AddTo adds src to dst, in place. Autograd does not see it.
func (s *Scope) AddTo(dst, src Tensor) {
	if s.ready("add to", []Tensor{dst, src}) {
		s.err = check("add to", C.sg_tensor_add(ptr(dst), ptr(src)), dst, src)
	}
}

// Clear overwrites t with zeros.
func Clear(t Tensor) error { return check("clear", C.sg_tensor_clear(ptr(t)), t) }

// As returns the memory of t, of one dimension, as values of another type. It shares t's data.
func (s *Scope) As(t Tensor, kind Type) Tensor {
	return s.op("as", func(out *C.sg_tensor) *C.char { return C.sg_tensor_as(ptr(t), C.sg_type(kind), out) }, t)
}

// Move moves a parameter's data to the device; the parameter stays the same tensor. Filters get the layout that is
// faster there, which decides the layout of all feature maps.
func Move(t Tensor, device Device) error {
	return Within(func(s *Scope) error {
		moved := s.To(t, device, Float32)
		if len(s.Shape(t)) == 4 && channelsLastPays(device) {
			moved = s.ChannelsLast(moved)
		}
		if s.err != nil {
			return s.err
		}
		return check("move", C.sg_tensor_set_data(ptr(t), ptr(moved)), t, moved)
	})
}

// channelsLastPays reports whether convolutions are faster with channels innermost: on GPUs and with AVX-512. With
// AVX2, R's update took 1.14 times as long with them (float32, b = 32, median of 6 turns).
func channelsLastPays(device Device) bool { return device != CPU || hasAVX512() }

var hasAVX512 = sync.OnceValue(func() bool {
	_, instructions, err := Version()
	return err == nil && strings.HasPrefix(instructions, "AVX512")
})

// Read copies all values, row-major, as float32 to the host. It waits for the device.
func Read(t Tensor) ([]float32, error) {
	info, err := Info(t)
	if err != nil {
		return nil, err
	}
	values := make([]float32, info.Numel())
	p := (*C.float)(unsafe.Pointer(unsafe.SliceData(values)))
	return values, check("read", C.sg_tensor_read(ptr(t), p, C.int64_t(len(values))), t)
}

// ReadBytes copies the values of a uint8 tensor to the host.
func ReadBytes(t Tensor) ([]byte, error) {
	values, err := Read(t)
	b := make([]byte, len(values))
	for i, v := range values {
		b[i] = byte(v)
	}
	return b, err
}

// Item returns the value of a tensor of one element. It waits for the device.
func (s *Scope) Item(t Tensor) float64 {
	if s.err != nil {
		return 0
	}
	values, err := Read(t)
	if err == nil && len(values) != 1 {
		err = fmt.Errorf("item: %s holds %d values", describe(t), len(values))
	}
	if err != nil {
		s.err = err
		return 0
	}
	return float64(values[0])
}

func sizes(shape []int64) *C.int64_t {
	return (*C.int64_t)(unsafe.Pointer(unsafe.SliceData(shape)))
}
