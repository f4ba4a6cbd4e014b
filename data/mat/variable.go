package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"simgan/internal/memory"
)

func wanted(name string, names []string) bool { return len(names) == 0 || slices.Contains(names, name) }

// variable reads a top-level element: a matrix, packed or not. If the variable is not wanted, only its name is read.
func variable(kind uint32, body []byte, names []string) (string, Array, error) {
	if kind == miPacked {
		if name, err := packedName(body); err == nil && !wanted(name, names) {
			return name, Array{}, nil
		}
		size, err := packedSize(body)
		if err != nil {
			return "", Array{}, err
		}
		if err := memory.Check("a variable", float64(size), "free some"); err != nil {
			return "", Array{}, err
		}
		unpacked, err := unpack(body, size)
		if err != nil {
			return "", Array{}, err
		}
		if kind, body, err = (&reader{data: unpacked}).element(); err != nil {
			return "", Array{}, err
		}
	}
	if kind != miMatrix {
		return "", Array{}, fmt.Errorf("element of type %d instead of a matrix", kind)
	}
	if name, err := (&reader{data: body}).name(); err == nil && !wanted(name, names) {
		return name, Array{}, nil
	}
	return matrix(body, 0)
}

// zlibRatio is the highest ratio at which zlib compresses. A size beyond it is a lie.
const zlibRatio = 1032

// packedSize returns the size of a compressed element when unpacked, from its tag.
func packedSize(body []byte) (int64, error) {
	tag, err := unpack(body, tagBytes)
	if err != nil {
		return 0, err
	}
	size := tagBytes + int64(binary.LittleEndian.Uint32(tag[4:]))
	if size > maxUnpacked {
		return 0, fmt.Errorf("it holds %d bytes; a variable may have %d", size, maxUnpacked)
	}
	if size > zlibRatio*int64(len(body))+tagBytes {
		return 0, fmt.Errorf("%d compressed bytes cannot be the %d that it says", len(body), size)
	}
	return size, nil
}

// unpack returns the first size bytes of a compressed element. It is an error if there are fewer.
func unpack(body []byte, size int64) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out := make([]byte, size)
	_, err = io.ReadFull(z, out)
	return out, err
}

// nameBytes is enough for a matrix's flags, dimensions and name, at the greatest lengths that MATLAB allows.
const nameBytes = 4096

// packedName returns the name of a compressed matrix without unpacking the rest.
func packedName(body []byte) (string, error) {
	size, err := packedSize(body)
	if err != nil {
		size = nameBytes // a variable that is too large may be passed over
	}
	start, err := unpack(body, min(size, nameBytes))
	if err != nil {
		return "", errors.Join(errShort, err)
	}
	return (&reader{data: start, at: 8}).name()
}

// name skips a matrix's flags and dimensions and returns its name.
func (r *reader) name() (string, error) {
	for range 2 {
		if _, _, err := r.element(); err != nil {
			return "", err
		}
	}
	_, name, err := r.element()
	return string(name), err
}
