// Package mat reads and writes MATLAB v5 .mat files: numbers, text, cells and structs. The format: MathWorks, "MAT-File
// Format", chapter 1.
package mat

import "fmt"

// Class is an array's MATLAB class.
type Class uint8

// The classes that are read and written; further numeric ones, up to lastNumeric, are only read.
const (
	Cell        Class = 1
	Struct      Class = 2
	Char        Class = 4
	Double      Class = 6
	Single      Class = 7
	Uint8       Class = 9
	lastNumeric Class = 15
)

// Array is one MATLAB array; values are in column-major order. The zero Array is an empty field.
type Array struct {
	Class   Class
	Dims    []int
	Numbers []float64          // numeric arrays
	Text    string             // character arrays
	Cells   []Array            // cell arrays
	Names   []string           // struct arrays: the fields in their order
	Fields  map[string][]Array // struct arrays: a value an element
}

// Field is the field of a 1x1 struct.
func (a Array) Field(name string) (Array, error) {
	values, ok := a.Fields[name]
	if !ok || len(values) != 1 {
		return Array{}, fmt.Errorf("is no 1x1 struct with field %s", name)
	}
	return values[0], nil
}

// Numeric is an array of the class (Double, Single, Uint8) and dimensions.
func Numeric(class Class, numbers []float64, dims ...int) Array {
	return Array{Class: class, Dims: dims, Numbers: numbers}
}

// Text is a row of characters.
func Text(text string) Array {
	return Array{Class: Char, Dims: []int{1, len(codes(text))}, Text: text}
}

// Column is an N x 1 cell array.
func Column(cells []Array) Array {
	return Array{Class: Cell, Dims: []int{len(cells), 1}, Cells: cells}
}

// NewStruct is a 1x1 struct with a value for each name.
func NewStruct(names []string, values ...Array) Array {
	a := Array{Class: Struct, Dims: []int{1, 1}, Names: names, Fields: map[string][]Array{}}
	for i, name := range names {
		a.Fields[name] = []Array{values[i]}
	}
	return a
}

// Numbers of the format.
const (
	headerBytes = 128
	tagBytes    = 8    // the least that an element takes
	fieldBytes  = 32   // a field's name with its closing zero, as written
	maxName     = 1024 // the longest name of a field that is read; MATLAB's have 63 characters
	miInt8      = 1
	miUint8     = 2
	miInt16     = 3
	miUint16    = 4
	miInt32     = 5
	miUint32    = 6
	miSingle    = 7
	miDouble    = 9
	miInt64     = 12
	miUint64    = 13
	miMatrix    = 14
	miPacked    = 15
	maxNesting  = 16
	maxUnpacked = 1 << 30 // bytes that one compressed variable may hold
)
