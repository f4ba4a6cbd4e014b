// Package cgo makes libtorch safe for simgan. It adds to gotorch's tensors and layers deterministic release, errors
// instead of panics and process exits, and the operations that gotorch lacks. Apart from cgo/h5names it is the only
// package that imports "C".
//
// Its C++ is in libsimgan (the C ABI and the CPU's kernels) and libsimgan_cuda (what runs on a GPU only).
// scripts/setup.sh builds both; this package links libsimgan.so.
//
// One goroutine, locked to its thread by Start, owns libtorch: gradient mode and autocast are thread-local.
package cgo

// #include "libsimgan/tensor.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"unsafe"

	torch "github.com/wangkuiyi/gotorch"
)

// Tensor is gotorch's tensor. The zero value is no tensor.
type Tensor = torch.Tensor

var live atomic.Int64

// Live returns the number of tensors that scopes and owners hold now. Tests find leaks with it.
func Live() int64 { return live.Load() }

// Scope owns every tensor that its operations make, and frees them all at Close. gotorch's finalizers know nothing of C
// memory, and its operations do not keep their inputs alive. The first operation that fails sets Err; later operations
// do nothing and return no tensor. So a forward pass reads as a table and is checked once, at its end.
type Scope struct {
	owned []Tensor
	err   error
}

// NewScope returns an empty scope. Close frees its tensors.
func NewScope() *Scope { return &Scope{} }

// Within runs f in a scope of its own and frees what f made. It returns f's error and, unless f's error contains it,
// the scope's.
func Within(f func(s *Scope) error) error {
	s := NewScope()
	defer s.Close()
	err := f(s)
	if s.err == nil || errors.Is(err, s.err) {
		return err
	}
	return errors.Join(err, s.err)
}

// Close frees the scope's tensors.
func (s *Scope) Close() {
	Free(s.owned...)
	s.owned = nil
}

// Err returns the error of the first operation that failed.
func (s *Scope) Err() error { return s.err }

// Fail makes err the scope's error, unless it has one. It is for calls between operations that return an error.
func (s *Scope) Fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Keep takes t out of the scope. The caller frees it.
func (s *Scope) Keep(t Tensor) Tensor {
	for i := len(s.owned) - 1; i >= 0; i-- {
		if s.owned[i].T == t.T {
			s.owned = append(s.owned[:i], s.owned[i+1:]...)
			break
		}
	}
	return t
}

// Free frees tensors that no scope owns, and skips zero tensors.
func Free(ts ...Tensor) {
	for _, t := range ts {
		if t.T == nil || *t.T == nil {
			continue
		}
		runtime.SetFinalizer(t.T, nil)
		C.sg_tensor_free(C.sg_tensor(*t.T))
		*t.T = nil
		live.Add(-1)
	}
}

// Adopt takes the ownership of tensors that gotorch made (a layer's parameters): Live counts them, and Free frees them.
func Adopt(ts ...Tensor) {
	for _, t := range ts {
		runtime.SetFinalizer(t.T, nil)
		live.Add(1)
	}
}

// Call runs an operation of gotorch, which panics if it fails, as an operation of the scope. op names it in the error.
func (s *Scope) Call(op string, f func() Tensor, in ...Tensor) (out Tensor) {
	if !s.ready(op, in) {
		return Tensor{}
	}
	defer func() {
		if r := recover(); r != nil {
			s.fail(op, fmt.Sprint(r), in)
			out = Tensor{}
		}
		runtime.KeepAlive(in)
	}()
	out = f()
	Adopt(out)
	s.owned = append(s.owned, out)
	return out
}

// op runs a C function that makes a tensor.
func (s *Scope) op(name string, f func(out *C.sg_tensor) *C.char, in ...Tensor) Tensor {
	if !s.ready(name, in) {
		return Tensor{}
	}
	var made C.sg_tensor
	message := f(&made)
	runtime.KeepAlive(in)
	if message != nil {
		s.fail(name, take(message), in)
		return Tensor{}
	}
	t := wrap(made)
	s.owned = append(s.owned, t)
	return t
}

// wrap returns a C handle as a Tensor, which Live counts.
func wrap(made C.sg_tensor) Tensor {
	p := new(unsafe.Pointer)
	*p = unsafe.Pointer(made)
	live.Add(1)
	return Tensor{T: p}
}

func (s *Scope) ready(op string, in []Tensor) bool {
	if s.err != nil {
		return false
	}
	for i, t := range in {
		if t.T == nil || *t.T == nil {
			s.err = fmt.Errorf("%s: input %d is no tensor", op, i)
			return false
		}
	}
	return true
}

func (s *Scope) fail(op, message string, in []Tensor) {
	s.err = opError(op, message, in)
}

// ErrOutOfMemory reports that the memory of a device or of the host was not enough.
var ErrOutOfMemory = errors.New("out of memory: lower train.batch, or train.history, or use a device with more memory")

func opError(op, message string, in []Tensor) error {
	shapes := make([]string, len(in))
	for i, t := range in {
		shapes[i] = describe(t)
	}
	where := op
	if len(in) > 0 {
		where += "(" + strings.Join(shapes, ", ") + ")"
	}
	message, _, _ = strings.Cut(strings.TrimSpace(message), "\nException raised")
	if strings.Contains(message, "out of memory") || strings.Contains(message, "can't allocate memory") {
		return fmt.Errorf("%s: %w (%s)", where, ErrOutOfMemory, message)
	}
	return fmt.Errorf("%s: %s", where, message)
}

func describe(t Tensor) string {
	info, err := Info(t)
	if err != nil {
		return "?"
	}
	return info.String()
}

// take copies a C message to Go and frees it.
func take(message *C.char) string {
	defer C.sg_string_free(message)
	return C.GoString(message)
}

// check returns the error of a C function's message, with op and the shapes of its inputs, and nil without a message.
func check(op string, message *C.char, in ...Tensor) error {
	runtime.KeepAlive(in)
	if message == nil {
		return nil
	}
	return opError(op, take(message), in)
}

// ptr returns t's C handle. The caller keeps t alive until the C call returns.
func ptr(t Tensor) C.sg_tensor {
	if t.T == nil {
		return nil
	}
	return C.sg_tensor(*t.T)
}

// ptrs returns an array of C handles and its length.
func ptrs(ts []Tensor) (*C.sg_tensor, C.int64_t) {
	if len(ts) == 0 {
		return nil, 0
	}
	out := make([]C.sg_tensor, len(ts))
	for i, t := range ts {
		out[i] = ptr(t)
	}
	return &out[0], C.int64_t(len(ts))
}
