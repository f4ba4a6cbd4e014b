// Package cgo is libtorch made safe for simgan: gotorch's tensors and layers, with deterministic release, errors instead
// of panics and process exits, and the operations that gotorch lacks. It is the only package that imports "C".
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

// Tensor is gotorch's tensor; the zero value is no tensor.
type Tensor = torch.Tensor

var live atomic.Int64

// Live is the number of tensors that scopes and owners hold now; tests read it to find leaks.
func Live() int64 { return live.Load() }

// Scope owns every tensor that its operations make and frees them all at Close: gotorch's finalizers know nothing of C
// memory, and its operations do not keep their inputs alive. The first failing operation sets Err; those after it do
// nothing and return no tensor, so that a forward pass reads as a table and is checked once, at its end.
type Scope struct {
	owned []Tensor
	err   error
}

// NewScope starts a scope.
func NewScope() *Scope { return &Scope{} }

// Within runs f in a scope of its own and frees what f made; it returns f's error and, where that is another, the scope's.
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

// Err is the error of the first operation that failed.
func (s *Scope) Err() error { return s.err }

// Fail makes err the scope's error, unless there is one already. It is for calls between operations that return an error.
func (s *Scope) Fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Keep takes t out of the scope: the caller frees it.
func (s *Scope) Keep(t Tensor) Tensor {
	for i := len(s.owned) - 1; i >= 0; i-- {
		if s.owned[i].T == t.T {
			s.owned = append(s.owned[:i], s.owned[i+1:]...)
			break
		}
	}
	return t
}

// Free releases tensors that no scope owns; zero tensors are passed over.
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

// Adopt takes the ownership of tensors that gotorch made (a layer's parameters): Free releases them, Live counts them.
func Adopt(ts ...Tensor) {
	for _, t := range ts {
		runtime.SetFinalizer(t.T, nil)
		live.Add(1)
	}
}

// Call runs an operation of gotorch's, which panics where it fails, as one of the scope's: op names it in the error.
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

// op runs one C function that makes a tensor.
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

// wrap makes a counted Tensor of a C handle.
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

// ErrOutOfMemory is what errors.Is finds where a device's (or the host's) memory did not suffice.
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

// check turns what a C function returned into an error that names op and the shapes of its inputs.
func check(op string, message *C.char, in ...Tensor) error {
	runtime.KeepAlive(in)
	if message == nil {
		return nil
	}
	return opError(op, take(message), in)
}

// ptr is the C handle of t; the caller keeps t alive until its C call is over.
func ptr(t Tensor) C.sg_tensor {
	if t.T == nil {
		return nil
	}
	return C.sg_tensor(*t.T)
}

// ptrs is an array of C handles, and its length.
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
