package mat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"simgan/internal/inputfile"
	"simgan/internal/memory"
)

// Read reads the named variables of a file, or all without names. It does not unpack the others. Errors name the file
// and the place.
func Read(path string, names ...string) (map[string]Array, error) {
	content, err := inputfile.Read(path, inputfile.Large)
	if err != nil {
		return nil, err
	}
	variables, err := parse(content, names...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return variables, nil
}

var hdf5 = []byte("\x89HDF\r\n\x1a\n")

func parse(content []byte, names ...string) (map[string]Array, error) {
	if bytes.HasPrefix(content, hdf5) || len(content) > 512 && bytes.HasPrefix(content[512:], hdf5) {
		return nil, errors.New("is a MATLAB v7.3 file (HDF5); save it in MATLAB with -v7")
	}
	if len(content) < headerBytes || string(content[126:128]) != "IM" {
		return nil, errors.New("is not a MATLAB v5 .mat file, or was written on a big-endian machine")
	}
	variables := map[string]Array{}
	r := &reader{data: content, at: headerBytes}
	for r.at < len(r.data) {
		kind, body, err := r.element()
		if err != nil {
			return nil, fmt.Errorf("byte %d: %w: the file is truncated or damaged", r.at, err)
		}
		name, value, err := variable(kind, body, names)
		if err != nil {
			return nil, fmt.Errorf("variable before byte %d: %w: the file is truncated or damaged", r.at, err)
		}
		if wanted(name, names) {
			variables[name] = value
		}
	}
	return variables, nil
}

// reader reads data elements one after the other.
type reader struct {
	data []byte
	at   int
}

var errShort = errors.New("an element is longer than the remaining data")

// element returns the next element's type and bytes. Elements of at most 4 bytes have a short form.
func (r *reader) element() (uint32, []byte, error) {
	if len(r.data)-r.at < 8 {
		return 0, nil, errShort
	}
	tag, size := binary.LittleEndian.Uint32(r.data[r.at:]), binary.LittleEndian.Uint32(r.data[r.at+4:])
	if small := tag >> 16; small != 0 {
		if small > 4 {
			return 0, nil, fmt.Errorf("short element of %d bytes", small)
		}
		body := r.data[r.at+4 : r.at+4+int(small)]
		r.at += 8
		return tag & 0xffff, body, nil
	}
	if int64(size) > int64(len(r.data)-r.at-8) {
		return 0, nil, errShort
	}
	body := r.data[r.at+8 : r.at+8+int(size)]
	r.at += 8 + int(size)
	if tag != miPacked { // all others are padded to 8 bytes
		r.at = min((r.at+7)&^7, len(r.data))
	}
	return tag, body, nil
}

// matrix reads an array's flags, dimensions, name and content.
func matrix(body []byte, depth int) (name string, a Array, err error) {
	if depth > maxNesting {
		return "", a, fmt.Errorf("nested deeper than %d", maxNesting)
	}
	if len(body) == 0 { // an empty field
		return "", a, nil
	}
	r := &reader{data: body}
	_, flags, err := r.element()
	if err != nil || len(flags) < 8 {
		return "", a, errors.Join(errors.New("array flags"), err)
	}
	dims, err := r.numbers()
	if err != nil {
		return "", a, fmt.Errorf("dimensions: %w", err)
	}
	count := 1
	for _, d := range dims {
		if d < 0 || d != math.Trunc(d) || d > 1<<31 || d > 0 && count > maxUnpacked/int(d) {
			return "", a, fmt.Errorf("dimensions %v", dims)
		}
		count *= int(d)
		a.Dims = append(a.Dims, int(d))
	}
	_, label, err := r.element()
	if err != nil {
		return "", a, fmt.Errorf("name: %w", err)
	}
	name = string(label)
	a.Class = Class(flags[0])
	if err := r.content(&a, count, depth); err != nil {
		return name, a, fmt.Errorf("%s: %w", name, err)
	}
	return name, a, nil
}

func (r *reader) content(a *Array, count, depth int) (err error) {
	switch {
	case a.Class == Cell:
		if count > len(r.data)/tagBytes {
			return errShort
		}
		for range count {
			cell, err := r.child(depth)
			if err != nil {
				return err
			}
			a.Cells = append(a.Cells, cell)
		}
		return nil
	case a.Class == Struct:
		return r.structure(a, count, depth)
	case a.Class == Char:
		codes, err := r.numbers()
		var text strings.Builder
		for _, c := range codes {
			text.WriteRune(rune(c))
		}
		a.Text = text.String()
		return err
	case a.Class >= Double && a.Class <= lastNumeric:
		if a.Numbers, err = r.numbers(); err == nil && len(a.Numbers) != count {
			err = fmt.Errorf("%d values for dimensions %v", len(a.Numbers), a.Dims)
		}
		return err
	}
	return fmt.Errorf("class %d is not supported", a.Class)
}

// structure reads the field names, then every field of every element.
func (r *reader) structure(a *Array, count, depth int) error {
	length, err := r.numbers()
	if err != nil || len(length) != 1 || !(length[0] >= 1 && length[0] <= maxName) {
		return errors.Join(errors.New("length of field names"), err)
	}
	_, names, err := r.element()
	if err != nil {
		return err
	}
	a.Fields = map[string][]Array{}
	for size := int(length[0]); len(names) >= size; names = names[size:] {
		field, _, _ := strings.Cut(string(names[:size]), "\x00")
		a.Names = append(a.Names, field)
	}
	if len(a.Names) > 0 && count > len(r.data)/tagBytes {
		return errShort
	}
	for i := 0; i < count && len(a.Names) > 0; i++ {
		for _, field := range a.Names {
			value, err := r.child(depth)
			if err != nil {
				return fmt.Errorf("%s: %w", field, err)
			}
			a.Fields[field] = append(a.Fields[field], value)
		}
	}
	return nil
}

func (r *reader) child(depth int) (Array, error) {
	kind, body, err := r.element()
	if err != nil {
		return Array{}, err
	}
	if kind != miMatrix {
		return Array{}, fmt.Errorf("element of type %d instead of a matrix", kind)
	}
	_, a, err := matrix(body, depth+1)
	return a, err
}

// numbers reads a numeric element of any type as float64.
func (r *reader) numbers() ([]float64, error) {
	kind, body, err := r.element()
	if err != nil {
		return nil, err
	}
	size := map[uint32]int{
		miInt8: 1, miUint8: 1, miInt16: 2, miUint16: 2, miInt32: 4, miUint32: 4,
		miSingle: 4, miDouble: 8, miInt64: 8, miUint64: 8,
		16: 1, 17: 2, // UTF-8 and UTF-16 text
	}[kind]
	if size == 0 || len(body)%size != 0 {
		return nil, fmt.Errorf("%d bytes of type %d are not numbers", len(body), kind)
	}
	if len(body)/size > maxNumbers {
		return nil, fmt.Errorf("%d numbers; an array may have %d", len(body)/size, maxNumbers)
	}
	if err := memory.Check("an array", 8*float64(len(body)/size), "free some"); err != nil {
		return nil, err
	}
	out := make([]float64, len(body)/size)
	for i := range out {
		out[i] = number(kind, body[i*size:])
	}
	return out, nil
}

func number(kind uint32, b []byte) float64 {
	le := binary.LittleEndian
	switch kind {
	case miInt8:
		return float64(int8(b[0]))
	case miInt16:
		return float64(int16(le.Uint16(b)))
	case miUint16, 17:
		return float64(le.Uint16(b))
	case miInt32:
		return float64(int32(le.Uint32(b)))
	case miUint32:
		return float64(le.Uint32(b))
	case miSingle:
		return float64(math.Float32frombits(le.Uint32(b)))
	case miDouble:
		return math.Float64frombits(le.Uint64(b))
	case miInt64:
		return float64(int64(le.Uint64(b)))
	case miUint64:
		return float64(le.Uint64(b))
	}
	return float64(b[0])
}
