package cgo

// #include "libsimgan/stage.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// HostBytes is host memory for images on their way to a device: pinned where the device is no CPU, so that copies from
// it run beside the device's work.
type HostBytes struct {
	Bytes []byte
	owner Tensor
}

// NewHostBytes allocates n bytes; Close frees them.
func NewHostBytes(n int, device Device) (HostBytes, error) {
	var made C.sg_tensor
	var first unsafe.Pointer
	if err := check("host memory", C.sg_host_bytes(C.int64_t(n), C.int32_t(device), &made, &first)); err != nil {
		return HostBytes{}, err
	}
	return HostBytes{unsafe.Slice((*byte)(first), n), wrap(made)}, nil
}

// Close frees the memory; nothing may read or write it any more.
func (h HostBytes) Close() { Free(h.owner) }

// Staged are bytes on a device, perhaps still on their way: what is computed with Tensor waits for them.
type Staged struct {
	Tensor Tensor // uint8
	event  C.sg_event
}

// Stage starts to copy the bytes to the device as a tensor of rows; on CUDA on a stream of its own, beside what the device
// computes. The bytes may be overwritten after Arrived, which, like Close, is the caller's to call.
func Stage(bytes []byte, rows int, device Device) (Staged, error) {
	var st Staged
	var made C.sg_tensor
	err := check("stage", C.sg_stage(unsafe.Pointer(unsafe.SliceData(bytes)), C.int64_t(len(bytes)), C.int32_t(device), &made, &st.event))
	if err != nil {
		return st, err
	}
	flat := wrap(made)
	defer Free(flat)
	return st, Within(func(s *Scope) error {
		st.Tensor = s.Keep(s.View(flat, int64(rows), int64(len(bytes)/rows)))
		return s.err
	})
}

// Arrived waits until the bytes are on the device.
func (st *Staged) Arrived() error {
	event := st.event
	st.event = nil
	return check("stage", C.sg_event_wait(event))
}

// Close frees the tensor.
func (st *Staged) Close() { Free(st.Tensor) }

// Feed sends what the host decides for each step to a tensor that stays where it is on the device. The host does not wait
// for the device unless it is feedSlots values ahead.
type Feed struct {
	Tensor Tensor // uint8
	slots  [feedSlots]feedSlot
	next   int
}

// feedSlots is how many values may be on their way.
const feedSlots = 8

// feedSlot is pinned memory of one value; its event is done when the value has been copied from it.
type feedSlot struct {
	host HostBytes
	sent Staged
}

// NewFeed is a tensor of n bytes on the device; Close frees it.
func NewFeed(n int, device Device) (f *Feed, err error) {
	f = &Feed{}
	err = Within(func(s *Scope) error {
		f.Tensor = s.Keep(s.Zeros(Uint8, device, int64(n)))
		return s.err
	})
	for i := range f.slots {
		if err == nil {
			f.slots[i].host, err = NewHostBytes(n, device)
		}
	}
	if err != nil {
		f.Close()
	}
	return f, err
}

// Send gives the tensor the bytes that fill writes, all of them. What the device was asked for before still sees the old ones.
func (f *Feed) Send(fill func(bytes []byte)) error {
	slot := &f.slots[f.next]
	f.next = (f.next + 1) % feedSlots
	if err := slot.sent.Arrived(); err != nil {
		return err
	}
	b := slot.host.Bytes
	fill(b)
	return check("send", C.sg_send(ptr(f.Tensor), unsafe.Pointer(unsafe.SliceData(b)), C.int64_t(len(b)), &slot.sent.event), f.Tensor)
}

// Close waits for what is on its way and frees the feed.
func (f *Feed) Close() {
	for i := range f.slots {
		_ = f.slots[i].sent.Arrived() // the device's error is its next user's
		f.slots[i].host.Close()
	}
	Free(f.Tensor)
}

// Levels are samples of 8 or 16 bits (little-endian), a row an image in a uint8 tensor, as float32 v*scale - 1 of the
// shape, whose first size is the number of rows.
func (s *Scope) Levels(rows Tensor, bits int, scale float32, shape ...int64) Tensor {
	return s.op(fmt.Sprintf("levels of %d bits", bits), func(out *C.sg_tensor) *C.char {
		return C.sg_levels(ptr(rows), C.int64_t(bits), C.float(scale), sizes(shape), C.int64_t(len(shape)), out)
	}, rows)
}

// FreeMemory is how many bytes the device could still give; on the CPU, the machine without swapping
// and within the control groups' bounds.
func FreeMemory(device Device) (int64, error) {
	var n C.int64_t
	err := check("free memory", C.sg_memory_free(C.int32_t(device), &n))
	if device == CPU {
		n = min(n, C.int64_t(cgroupFree("/proc/self/cgroup", "/sys/fs/cgroup")))
	}
	return int64(n), err
}
