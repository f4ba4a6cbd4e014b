package cgo

// #include "libsimgan/process_group.h"
import "C"

import (
	"fmt"
	"time"
	"unsafe"
)

// ProcessGroup is this process's membership of a group that trains together. All processes of a group call the same
// methods with tensors of the same shapes in the same order.
type ProcessGroup struct{ g C.sg_group }

// Meeting is where the processes of a group meet.
type Meeting struct {
	Rank, Size int
	Host       string // of the store
	Port       int
	Serve      bool   // this process runs the store
	Prefix     string // of the store's keys
}

// JoinGroup opens the group's store, and waits for it up to the timeout. Close frees the membership.
func JoinGroup(m Meeting, timeout time.Duration) (*ProcessGroup, error) {
	host, prefix := C.CString(m.Host), C.CString(m.Prefix)
	defer C.sg_string_free(host)
	defer C.sg_string_free(prefix)
	p := &ProcessGroup{}
	err := check(fmt.Sprintf("store of the processes at %s:%d", m.Host, m.Port), C.sg_group_join(host, C.int32_t(m.Port), flag(m.Serve), prefix,
		C.int32_t(m.Rank), C.int32_t(m.Size), C.int64_t(timeout.Milliseconds()), &p.g))
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Connect connects all processes of the group, and waits for them.
func (p *ProcessGroup) Connect(timeout time.Duration) error {
	return check("connect the processes", C.sg_group_connect(p.g, C.int64_t(timeout.Milliseconds())))
}

// SetTimeout sets how long later calls wait for other processes.
func (p *ProcessGroup) SetTimeout(timeout time.Duration) error {
	return check("timeout", C.sg_group_timeout(p.g, C.int64_t(timeout.Milliseconds())))
}

// UseDevice joins NCCL if the device is a GPU, for tensors on it.
func (p *ProcessGroup) UseDevice(device Device) error {
	if device == CPU {
		return nil
	}
	if err := CUDAExtras(); err != nil {
		return err
	}
	return check("join NCCL", C.sg_group_device(p.g, C.int32_t(device)))
}

// Sum sums t over all processes, in place.
func (p *ProcessGroup) Sum(t Tensor) error { return check("sum", C.sg_group_sum(p.g, ptr(t)), t) }

// Average averages float tensors over all processes, in place, as one flat buffer.
func (p *ProcessGroup) Average(ts []Tensor) error {
	first, n := ptrs(ts)
	return check("average", C.sg_group_average(p.g, first, n), ts...)
}

// AverageGradients averages the parameters' gradients over all processes, in place, as one flat buffer.
func (p *ProcessGroup) AverageGradients(params []Tensor) error {
	first, n := ptrs(params)
	return check("average gradients", C.sg_group_average_gradients(p.g, first, n), params...)
}

// Broadcast overwrites t with the values that the process from has in t. They go through the hosts' memory.
func (p *ProcessGroup) Broadcast(t Tensor, from int) error {
	return check("broadcast", C.sg_group_broadcast(p.g, ptr(t), C.int32_t(from)), t)
}

// Send sends t's values to the process to, which calls Receive.
func (p *ProcessGroup) Send(t Tensor, to int) error {
	return check("send", C.sg_group_send(p.g, ptr(t), C.int32_t(to)), t)
}

// Receive overwrites t with the values that the process from sends.
func (p *ProcessGroup) Receive(t Tensor, from int) error {
	return check("receive", C.sg_group_receive(p.g, ptr(t), C.int32_t(from)), t)
}

// Abort closes the connections, so that the others' calls fail at once. The store stays.
func (p *ProcessGroup) Abort() error { return check("abort", C.sg_group_abort(p.g)) }

// Close frees the membership.
func (p *ProcessGroup) Close() {
	C.sg_group_free(p.g)
	p.g = nil
}

// Put sets a key of the store that the group shares.
func (p *ProcessGroup) Put(key string, value []byte) error {
	name := C.CString(key)
	defer C.sg_string_free(name)
	return check("store", C.sg_store_set(p.g, name, unsafe.Pointer(unsafe.SliceData(value)), C.int64_t(len(value))))
}

// Get returns the value of a key of the store, nil if there is none.
func (p *ProcessGroup) Get(key string) ([]byte, error) {
	name := C.CString(key)
	defer C.sg_string_free(name)
	var value *C.char
	var n C.int64_t
	if err := check("store", C.sg_store_get(p.g, name, &value, &n)); err != nil || value == nil {
		return nil, err
	}
	defer C.sg_string_free(value)
	return C.GoBytes(unsafe.Pointer(value), C.int(n)), nil
}
