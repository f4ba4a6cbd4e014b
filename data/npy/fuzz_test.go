package npy

import (
	"testing"

	"simgan/internal/alloctest"
)

// FuzzParse parses any bytes: offsets stay inside, sizes are not negative, memory is bounded.
func FuzzParse(f *testing.F) {
	f.Add(Header{Type: "|u1", Shape: []int{3, 35, 55}}.Encode())
	f.Add(Header{Type: "<f4", Shape: []int{7}}.Encode())
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff" +
		"{'shape': (9999999999, 9999999999L), \"descr\": '<u2', 'fortran_order': False}"))
	f.Fuzz(func(t *testing.T, content []byte) {
		var h Header
		var offset int
		var err error
		if used := alloctest.Bytes(func() { h, offset, err = Parse(content) }); used > 1<<20+50*uint64(len(content)) {
			t.Errorf("for %d bytes of input it allocated %d", len(content), used)
		}
		if err != nil {
			return
		}
		if offset > len(content) {
			t.Errorf("the offset is %d in %d bytes", offset, len(content))
		}
		if n, err := h.Bytes(); err == nil && n < 0 {
			t.Errorf("%v has %d bytes", h, n)
		}
	})
}
