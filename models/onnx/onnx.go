// Package onnx writes ONNX models (onnx/onnx.proto, IR version 8). It encodes them by hand, because they need few of
// the fields.
package onnx

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// irVersion is the version of onnx.proto that every runtime since 2022 reads.
const irVersion = 8

// Model is a ModelProto.
type Model struct {
	Producer, Version string
	Doc               string
	Opset             int64             // version of the standard operators
	Metadata          map[string]string // metadata_props
	Graph             Graph
}

// Graph is a GraphProto. Its nodes are in the order in which they run.
type Graph struct {
	Name, Doc       string
	Nodes           []Node
	Initializers    []Tensor
	Inputs, Outputs []Value
}

// Node is a NodeProto, one operator.
type Node struct {
	Name, Op   string
	Inputs     []string
	Output     string
	Attributes []Attribute
}

// Attribute is an AttributeProto. The field that is set gives its type.
type Attribute struct {
	Name  string
	Float float32
	Int   int64
	Ints  []int64
	Text  string
}

// Tensor is a TensorProto of float32 values or, if Ints is set, of int64 values, row-major.
type Tensor struct {
	Name   string
	Shape  []int64
	Floats []float32
	Ints   []int64
}

// Value is the ValueInfoProto of a float32 input or output. A dimension of 0 or less has no fixed size; its name in
// Symbols is written instead.
type Value struct {
	Name, Doc string
	Shape     []int64
	Symbols   []string
}

// message is an encoded protobuf message; its methods append fields.
type message []byte

func (m *message) bytes(field protowire.Number, content []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), content)
}

func (m *message) text(field protowire.Number, texts ...string) {
	for _, t := range texts {
		m.bytes(field, []byte(t))
	}
}

func (m *message) number(field protowire.Number, values ...int64) {
	for _, v := range values {
		*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
	}
}

// Marshal returns the content of an .onnx file.
func (m Model) Marshal() []byte {
	var out, opset message
	out.number(1, irVersion)        // ir_version
	out.text(2, m.Producer)         // producer_name
	out.text(3, m.Version)          // producer_version
	out.text(6, m.Doc)              // doc_string
	out.bytes(7, m.Graph.marshal()) // graph
	opset.number(2, m.Opset)        // version
	out.bytes(8, opset)             // opset_import
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		var entry message
		entry.text(1, key)
		entry.text(2, m.Metadata[key])
		out.bytes(14, entry) // metadata_props
	}
	return out
}

func (g Graph) marshal() (out message) {
	for _, n := range g.Nodes {
		out.bytes(1, n.marshal()) // node
	}
	out.text(2, g.Name) // name
	for _, t := range g.Initializers {
		out.bytes(5, t.marshal()) // initializer
	}
	out.text(10, g.Doc) // doc_string
	for _, v := range g.Inputs {
		out.bytes(11, v.marshal()) // input
	}
	for _, v := range g.Outputs {
		out.bytes(12, v.marshal()) // output
	}
	return out
}

func (n Node) marshal() (out message) {
	out.text(1, n.Inputs...) // input
	out.text(2, n.Output)    // output
	out.text(3, n.Name)      // name
	out.text(4, n.Op)        // op_type
	for _, a := range n.Attributes {
		out.bytes(5, a.marshal()) // attribute
	}
	return out
}

func (a Attribute) marshal() (out message) {
	const float, integer, text, ints = 1, 2, 3, 7 // AttributeType
	out.text(1, a.Name)                           // name
	switch {
	case a.Text != "":
		out.text(4, a.Text) // s
		out.number(20, text)
	case a.Ints != nil:
		out.number(8, a.Ints...) // ints
		out.number(20, ints)
	case a.Int != 0:
		out.number(3, a.Int) // i
		out.number(20, integer)
	default:
		out = protowire.AppendFixed32(protowire.AppendTag(out, 2, protowire.Fixed32Type), math.Float32bits(a.Float)) // f
		out.number(20, float)
	}
	return out
}

// TensorProto's DataType numbers.
const float32Type, int64Type = 1, 7

func (t Tensor) marshal() (out message) {
	out.number(1, t.Shape...) // dims
	kind, raw := int64(float32Type), make([]byte, 0, 4*len(t.Floats)+8*len(t.Ints))
	for _, v := range t.Floats {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	for _, v := range t.Ints {
		kind, raw = int64Type, binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	out.number(2, kind) // data_type
	out.text(8, t.Name) // name
	out.bytes(9, raw)   // raw_data
	return out
}

func (v Value) marshal() (out message) {
	var shape, tensor, kind message
	for i, n := range v.Shape {
		var dim message
		if n > 0 {
			dim.number(1, n) // dim_value
		} else {
			dim.text(2, v.Symbols[i]) // dim_param
		}
		shape.bytes(1, dim) // dim
	}
	tensor.number(1, float32Type) // elem_type
	tensor.bytes(2, shape)        // shape
	kind.bytes(1, tensor)         // tensor_type
	out.text(1, v.Name)           // name
	out.bytes(2, kind)            // type
	out.text(3, v.Doc)            // doc_string
	return out
}
