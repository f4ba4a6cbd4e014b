// Package mat reads and writes MATLAB v5 .mat files: numbers, text, cells and structs. Source of the format: MathWorks,
// "MAT-File Format", chapter 1.
package mat

import "fmt"

// Class is an array's MATLAB class.
type Class uint8

// Classes that Read and Write support. Other numeric classes, up to lastNumeric, can only be read.
const (
	Cell        Class = 1
	Struct      Class = 2
	Char        Class = 4
	Double      Class = 6
	Single      Class = 7
	Uint8       Class = 9
	lastNumeric Class = 15
)

// Array is one MATLAB array with values in column-major order. The zero Array is an empty field.
type Array struct {
	Class   Class
	Dims    []int
	Numbers []float64          // numeric arrays
	Text    string             // character arrays
	Cells   []Array            // cell arrays
	Names   []string           // struct arrays: the fields in file order
	Fields  map[string][]Array // struct arrays: one value per element
}

// Field returns a field of a 1x1 struct.
func (a Array) Field(name string) (Array, error) {
	values, ok := a.Fields[name]
	if !ok || len(values) != 1 {
		return Array{}, fmt.Errorf("is not a 1x1 struct with field %s", name)
	}
	return values[0], nil
}

// Numeric returns an array of the class (Double, Single, Uint8) and dimensions.
func Numeric(class Class, numbers []float64, dims ...int) Array {
	return Array{Class: class, Dims: dims, Numbers: numbers}
}

// Text returns a row of characters.
func Text(text string) Array {
	return Array{Class: Char, Dims: []int{1, len(codes(text))}, Text: text}
}

// Column returns an N x 1 cell array.
func Column(cells []Array) Array {
	return Array{Class: Cell, Dims: []int{len(cells), 1}, Cells: cells}
}

// NewStruct returns a 1x1 struct with one value per name.
func NewStruct(names []string, values ...Array) Array {
	a := Array{Class: Struct, Dims: []int{1, 1}, Names: names, Fields: map[string][]Array{}}
	for i, name := range names {
		a.Fields[name] = []Array{values[i]}
	}
	return a
}

// Constants and limits of the format.
const (
	headerBytes = 128
	tagBytes    = 8    // size of the smallest element
	fieldBytes  = 32   // size of a written field name, with its closing zero
	maxName     = 1024 // longest field name that is read; MATLAB's have at most 63 characters
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
	maxUnpacked = 1 << 30 // largest size of one variable when unpacked, bytes
	maxNumbers  = 1 << 27 // of one array; they are read as float64
)
