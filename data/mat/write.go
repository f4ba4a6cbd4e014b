package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf16"

	"simgan/internal/atomicfile"
)

// Variable is a named array of a file.
type Variable struct {
	Name  string
	Array Array
}

// Write writes the variables in order, each compressed, under a temporary name, then renames the file. The same
// variables give the same bytes. Errors name the file and the variable.
func Write(path string, variables ...Variable) error {
	content := header()
	for _, v := range variables {
		packed, err := pack(v)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, v.Name, err)
		}
		content = append(content, packed...)
	}
	return atomicfile.Write(path, content)
}

// header returns the file header: text, version 1 and the mark of little-endian files.
func header() []byte {
	out := bytes.Repeat([]byte{' '}, 116)
	copy(out, "MATLAB 5.0 MAT-file, written by simgan")
	out = append(out, make([]byte, 8)...)
	return append(out, 0, 1, 'I', 'M')
}

// pack returns a variable as a compressed element.
func pack(v Variable) ([]byte, error) {
	whole, err := appendMatrix(nil, v.Name, v.Array)
	if err != nil {
		return nil, err
	}
	if len(whole) > maxUnpacked {
		return nil, fmt.Errorf("holds %d bytes, more than 1 GiB", len(whole))
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(whole); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	out := binary.LittleEndian.AppendUint32(nil, miPacked)
	out = binary.LittleEndian.AppendUint32(out, uint32(packed.Len()))
	return append(out, packed.Bytes()...), nil // not padded, unlike all other elements
}

// appendElement appends a data element, padded to 8 bytes. Elements of 1 to 4 bytes get the short form.
func appendElement(out []byte, kind uint32, body []byte) []byte {
	if n := len(body); n >= 1 && n <= 4 {
		out = binary.LittleEndian.AppendUint32(out, kind|uint32(n)<<16)
		return append(append(out, body...), make([]byte, 4-n)...)
	}
	out = binary.LittleEndian.AppendUint32(out, kind)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(body)))
	return append(append(out, body...), make([]byte, -len(body)&7)...)
}

// appendMatrix appends an array: flags, dimensions, name, content.
func appendMatrix(out []byte, name string, a Array) ([]byte, error) {
	if a.Class == 0 {
		return appendElement(out, miMatrix, nil), nil
	}
	count := 1
	var dims []byte
	for _, d := range a.Dims {
		count *= d
		dims = binary.LittleEndian.AppendUint32(dims, uint32(d))
	}
	body := appendElement(nil, miUint32, []byte{byte(a.Class), 0, 0, 0, 0, 0, 0, 0})
	body = appendElement(body, miInt32, dims)
	body = appendElement(body, miInt8, []byte(name))
	body, err := appendContent(body, a, count)
	return appendElement(out, miMatrix, body), err
}

func appendContent(out []byte, a Array, count int) ([]byte, error) {
	switch a.Class {
	case Cell:
		if len(a.Cells) != count {
			return nil, fmt.Errorf("%d cells for dimensions %v", len(a.Cells), a.Dims)
		}
		return appendChildren(out, a.Cells)
	case Struct:
		return appendStruct(out, a, count)
	case Char:
		var body []byte
		for _, c := range codes(a.Text) {
			body = binary.LittleEndian.AppendUint16(body, c)
		}
		if len(body) != 2*count {
			return nil, fmt.Errorf("%d characters for dimensions %v", len(body)/2, a.Dims)
		}
		return appendElement(out, miUint16, body), nil
	}
	if len(a.Numbers) != count {
		return nil, fmt.Errorf("%d values for dimensions %v", len(a.Numbers), a.Dims)
	}
	return appendNumbers(out, a)
}

func appendChildren(out []byte, children []Array) (_ []byte, err error) {
	for _, c := range children {
		if out, err = appendMatrix(out, "", c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// appendStruct appends the field names, then every field of every element.
func appendStruct(out []byte, a Array, count int) ([]byte, error) {
	var names []byte
	for _, name := range a.Names {
		if len(name) >= fieldBytes {
			return nil, fmt.Errorf("field name %s has %d or more characters", name, fieldBytes)
		}
		if len(a.Fields[name]) != count {
			return nil, fmt.Errorf("field %s: %d values for dimensions %v", name, len(a.Fields[name]), a.Dims)
		}
		names = append(append(names, name...), make([]byte, fieldBytes-len(name))...)
	}
	out = appendElement(out, miInt32, []byte{fieldBytes, 0, 0, 0})
	out = appendElement(out, miInt8, names)
	for i := range count {
		for _, name := range a.Names {
			var err error
			if out, err = appendMatrix(out, "", a.Fields[name][i]); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return out, nil
}

func appendNumbers(out []byte, a Array) ([]byte, error) {
	var body []byte
	switch a.Class {
	case Double:
		for _, v := range a.Numbers {
			body = binary.LittleEndian.AppendUint64(body, math.Float64bits(v))
		}
		return appendElement(out, miDouble, body), nil
	case Single:
		for _, v := range a.Numbers {
			body = binary.LittleEndian.AppendUint32(body, math.Float32bits(float32(v)))
		}
		return appendElement(out, miSingle, body), nil
	case Uint8:
		for _, v := range a.Numbers {
			if v != math.Trunc(v) || v < 0 || v > 255 {
				return nil, fmt.Errorf("%v is not a uint8", v)
			}
			body = append(body, uint8(v))
		}
		return appendElement(out, miUint8, body), nil
	}
	return nil, fmt.Errorf("arrays of class %d cannot be written", a.Class)
}

// codes returns the text as MATLAB's 16-bit characters.
func codes(text string) []uint16 { return utf16.Encode([]rune(text)) }
