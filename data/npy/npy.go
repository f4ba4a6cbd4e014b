// Package npy reads and writes the headers of NumPy's .npy files (NumPy, "NEP 1: a simple file format for NumPy arrays"),
// so that an array can be mapped into memory behind its header.
package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Header says what an array looks like: row-major, little-endian.
type Header struct {
	Type  string // NumPy's descr: "|u1", "<u2", "<f4", ...
	Shape []int
}

// The format's fixed parts.
const (
	magic     = "\x93NUMPY"
	align     = 64      // the values begin at a multiple of it
	maxHeader = 1 << 16 // longest header that is read: an array of our kinds needs 128 bytes
	maxDims   = 32      // NumPy's own limit
)

// MaxHeader is how much of a file's beginning Parse needs at most.
const MaxHeader = maxHeader

// itemBytes are the sizes of the types that packs hold.
var itemBytes = map[string]int{"|u1": 1, "<u2": 2, "<f4": 4}

// Bytes is the size of the array's values; an error where the type is unknown or the size is beyond a file's.
func (h Header) Bytes() (int64, error) {
	item, ok := itemBytes[h.Type]
	if !ok {
		return 0, fmt.Errorf("values of type %q; packs hold |u1, <u2 and <f4", h.Type)
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

// Encode is the file's beginning, up to the first value, as numpy.save writes it.
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

// Parse reads the header at the beginning of a file and says where the values begin; content needs no more than MaxHeader
// bytes of the file.
func Parse(content []byte) (h Header, offset int, err error) {
	if len(content) < len(magic)+4 || !bytes.HasPrefix(content, []byte(magic)) {
		return h, 0, errors.New("is no .npy file")
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
		return h, 0, fmt.Errorf("is .npy of version %d; versions 1 to 3 are read", version)
	}
	if length > maxHeader || length > len(content)-offset {
		return h, 0, fmt.Errorf("a header of %d bytes is longer than the file or than %d", length, maxHeader)
	}
	h, err = parseDict(string(content[offset : offset+length]))
	return h, offset + length, err
}
