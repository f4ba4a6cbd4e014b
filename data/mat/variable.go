package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

func wanted(name string, names []string) bool { return len(names) == 0 || slices.Contains(names, name) }

// variable reads a top-level element: a matrix, packed or not. If the variable is not wanted, only its name is read.
func variable(kind uint32, body []byte, names []string) (string, Array, error) {
	if kind == miPacked {
		if name, err := packedName(body); err == nil && !wanted(name, names) {
			return name, Array{}, nil
		}
		unpacked, err := unpack(body, maxUnpacked+1)
		if err != nil {
			return "", Array{}, err
		}
		if len(unpacked) > maxUnpacked {
			return "", Array{}, errors.New("it holds more than 1 GiB")
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

// usualRatio is the usual upper limit of the compression ratio of numbers. unpack allocates by it at first.
const usualRatio = 16

// unpack returns at most the first limit bytes of a compressed element. limit must be 8 or more.
func unpack(body []byte, limit int64) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if _, err := io.CopyN(&out, z, 8); err != nil {
		return nil, err
	}
	size := int64(binary.LittleEndian.Uint32(out.Bytes()[4:]))
	out.Grow(int(min(size, limit, usualRatio*int64(len(body)))) + bytes.MinRead)
	_, err = out.ReadFrom(io.LimitReader(z, limit-8))
	return out.Bytes(), err
}

// nameBytes is enough for a matrix's flags, dimensions and name, at the greatest lengths that MATLAB allows.
const nameBytes = 4096

// packedName returns the name of a compressed matrix without unpacking the rest.
func packedName(body []byte) (string, error) {
	start, err := unpack(body, nameBytes)
	if err != nil || len(start) < 8 {
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
