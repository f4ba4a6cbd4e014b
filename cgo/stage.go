package cgo

// #include "libsimgan/stage.h"
import "C"

import (
	"fmt"
	"unsafe"

	"simgan/internal/memory"
)

// HostBytes is host memory for images on their way to a device. For a GPU it is pinned, so that copies run while the
// device works.
type HostBytes struct {
	Bytes []byte
	owner Tensor
}

// NewHostBytes allocates n bytes. Close frees them.
func NewHostBytes(n int, device Device) (HostBytes, error) {
	var made C.sg_tensor
	var first unsafe.Pointer
	if err := check("host memory", C.sg_host_bytes(C.int64_t(n), C.int32_t(device), &made, &first)); err != nil {
		return HostBytes{}, err
	}
	return HostBytes{unsafe.Slice((*byte)(first), n), wrap(made)}, nil
}

// Close frees the memory. Nothing may read or write it afterwards.
func (h HostBytes) Close() { Free(h.owner) }

// Staged is bytes on a device, perhaps still on their way. What is computed with Tensor waits for them.
type Staged struct {
	Tensor Tensor // uint8
	event  C.sg_event
}

// Stage starts to copy the bytes to the device as a tensor of rows. On a GPU the copy has a stream of its own and runs
// while the device computes. The caller may overwrite the bytes after Arrived, and must call Arrived and Close.
func Stage(bytes []byte, rows int, device Device) (Staged, error) {
	var st Staged
	var made C.sg_tensor
	first := unsafe.Pointer(unsafe.SliceData(bytes))
	err := check("stage", C.sg_stage(first, C.int64_t(len(bytes)), C.int32_t(device), &made, &st.event))
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

// Feed sends what the host decides per step to a tensor with a fixed address on the device. The host does not wait for
// the device unless it is feedSlots values ahead.
type Feed struct {
	Tensor Tensor // uint8
	slots  [feedSlots]feedSlot
	next   int
}

// feedSlots is the number of values that may be on their way.
const feedSlots = 8

// feedSlot is pinned memory for one value. Its event is reached when the value has been copied from it.
type feedSlot struct {
	host HostBytes
	sent Staged
}

// NewFeed returns a feed with a tensor of n bytes on the device. Close frees it.
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

// Send overwrites the tensor with the bytes that fill writes; fill writes all of them. Work that the device was given
// before sees the old bytes.
func (f *Feed) Send(fill func(bytes []byte)) error {
	slot := &f.slots[f.next]
	f.next = (f.next + 1) % feedSlots
	if err := slot.sent.Arrived(); err != nil {
		return err
	}
	b := slot.host.Bytes
	fill(b)
	first := unsafe.Pointer(unsafe.SliceData(b))
	return check("send", C.sg_send(ptr(f.Tensor), first, C.int64_t(len(b)), &slot.sent.event), f.Tensor)
}

// Close waits for values on their way and frees the feed.
func (f *Feed) Close() {
	for i := range f.slots {
		_ = f.slots[i].sent.Arrived() // the device's next user gets the error
		f.slots[i].host.Close()
	}
	Free(f.Tensor)
}

// Levels returns samples of 8 or 16 bits (little-endian), a uint8 tensor with one row per image, as float32 v*scale -
// 1. The first size of the shape is the number of rows.
func (s *Scope) Levels(rows Tensor, bits int, scale float32, shape ...int64) Tensor {
	return s.op(fmt.Sprintf("levels of %d bits", bits), func(out *C.sg_tensor) *C.char {
		return C.sg_levels(ptr(rows), C.int64_t(bits), C.float(scale), sizes(shape), C.int64_t(len(shape)), out)
	}, rows)
}

// FreeMemory returns how many bytes are free on the device. On the CPU it is memory.Free.
func FreeMemory(device Device) (int64, error) {
	if device == CPU {
		return memory.Free(), nil
	}
	var n C.int64_t
	err := check("free memory", C.sg_memory_free(C.int32_t(device), &n))
	return int64(n), err
}
