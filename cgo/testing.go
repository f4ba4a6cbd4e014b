package cgo

// #include "libsimgan/testing.h"
import "C"

// These functions are for tests only. They are here because a _test.go file cannot use cgo.

// borderPass says what border does.
type borderPass C.sg_border_pass

const (
	fillBorder borderPass = C.SG_BORDER_FILL
	foldBorder borderPass = C.SG_BORDER_FOLD
)

// borderMethod says how border does it.
type borderMethod C.sg_border_method

const (
	byViews        borderMethod = C.SG_BORDER_VIEWS
	byDeviceKernel borderMethod = C.SG_BORDER_DEVICE_KERNEL // on the CPU a loop over its indices
)

// border fills or folds the border of p pixels in maps (n, c, h+2p, w+2p) with channels innermost, in place.
func border(maps Tensor, p int, pass borderPass, method borderMethod) error {
	return check("border", C.sg_border(ptr(maps), C.int64_t(p), C.sg_border_pass(pass), C.sg_border_method(method)), maps)
}

// fusedCalls returns how often the reference kernels ran: forward, gradient of an input, gradient of filters.
func fusedCalls() (calls [3]int64, err error) {
	var n [3]C.int64_t
	err = check("fused calls", C.sg_fused_calls(&n[0]))
	for i := range n {
		calls[i] = int64(n[i])
	}
	return calls, err
}
