// Package npy reads and writes the headers of NumPy's .npy files (NumPy, "NEP 1: a simple file format for NumPy
// arrays"), so that the array after the header can be mapped into memory.
package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Header describes a row-major, little-endian array.
type Header struct {
	Type  string // NumPy's descr: "|u1", "<u2", "<f4", ...
	Shape []int
}

// Constants and limits of the format.
const (
	magic     = "\x93NUMPY"
	align     = 64      // the offset of the values is a multiple of align
	maxHeader = 1 << 16 // longest header that Parse accepts, in bytes; a pack's needs 128
	maxDims   = 32      // NumPy's own limit
)

// itemBytes holds the size of each type that packs contain.
var itemBytes = map[string]int{"|u1": 1, "<u2": 2, "<f4": 4}

// Bytes returns the size of the array's values. It returns an
// error if the type is unknown or the size too large for a file.
func (h Header) Bytes() (int64, error) {
	item, ok := itemBytes[h.Type]
	if !ok {
		return 0, fmt.Errorf("has values of type %q; packs hold |u1, <u2 or <f4", h.Type)
	}
	n := int64(item)
	for _, d := range h.Shape {
		if d > 0 && n > (1<<62)/int64(d) {
			return 0, fmt.Errorf("shape %v is too large", h.Shape)
		}
		n *= int64(d)
	}
	return n, nil
}

// Encode returns the file's bytes before the first value, exactly as numpy.save writes them.
func (h Header) Encode() []byte {
	sizes := make([]string, len(h.Shape))
	for i, d := range h.Shape {
		sizes[i] = fmt.Sprint(d)
	}
	shape := strings.Join(sizes, ", ")
	if len(sizes) == 1 {
		shape += ","
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", h.Type, shape)
	const prefix = len(magic) + 4
	dict += strings.Repeat(" ", (align-(prefix+len(dict)+1)%align)%align) + "\n"
	out := append([]byte(magic), 1, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(dict)))
	return append(out, dict...)
}

// Parse reads the header at the beginning of a file and returns the offset of the values.
func Parse(content []byte) (h Header, offset int, err error) {
	if len(content) < len(magic)+4 || !bytes.HasPrefix(content, []byte(magic)) {
		return h, 0, errors.New("is not a .npy file")
	}
	length, offset := 0, len(magic)+4
	switch version := content[len(magic)]; version {
	case 1:
		length = int(binary.LittleEndian.Uint16(content[len(magic)+2:]))
	case 2, 3:
		if offset += 2; len(content) < offset {
			return h, 0, errors.New("the header is cut short")
		}
		length = int(binary.LittleEndian.Uint32(content[len(magic)+2:]))
	default:
		return h, 0, fmt.Errorf("is .npy of version %d; use version 1, 2 or 3", version)
	}
	if length > maxHeader || length > len(content)-offset {
		return h, 0, fmt.Errorf("the header of %d bytes is longer than the file or than %d", length, maxHeader)
	}
	h, err = parseDict(string(content[offset : offset+length]))
	return h, offset + length, err
}
