// Package onnx writes ONNX models (onnx/onnx.proto, IR version 8), encoded by hand, for they need few of its fields.
package onnx

import (
	"encoding/binary"
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

// Graph is a GraphProto: nodes in the order in which they run.
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

// Attribute is an AttributeProto; the one field that is set tells its type.
type Attribute struct {
	Name  string
	Float float32
	Int   int64
	Ints  []int64
	Text  string
}

// Tensor is a TensorProto of float32 or, where Ints is set, of int64 values, row-major.
type Tensor struct {
	Name   string
	Shape  []int64
	Floats []float32
	Ints   []int64
}

// Value is the ValueInfoProto of a float32 input or output; a dimension of 0 or less has no fixed size, and its Symbols
// name instead.
type Value struct {
	Name, Doc string
	Shape     []int64
	Symbols   []string
}

// message is an encoded protobuf message that grows.
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

// Marshal is the content of an .onnx file.
func (m Model) Marshal() []byte {
	var out, opset message
	out.number(1, irVersion)
	out.text(2, m.Producer)
	out.text(3, m.Version)
	out.text(6, m.Doc)
	out.bytes(7, m.Graph.marshal())
	opset.number(2, m.Opset)
	out.bytes(8, opset)
	keys := make([]string, 0, len(m.Metadata))
	for key := range m.Metadata {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		var entry message
		entry.text(1, key)
		entry.text(2, m.Metadata[key])
		out.bytes(14, entry)
	}
	return out
}

func (g Graph) marshal() (out message) {
	for _, n := range g.Nodes {
		out.bytes(1, n.marshal())
	}
	out.text(2, g.Name)
	for _, t := range g.Initializers {
		out.bytes(5, t.marshal())
	}
	out.text(10, g.Doc)
	for _, v := range g.Inputs {
		out.bytes(11, v.marshal())
	}
	for _, v := range g.Outputs {
		out.bytes(12, v.marshal())
	}
	return out
}

func (n Node) marshal() (out message) {
	out.text(1, n.Inputs...)
	out.text(2, n.Output)
	out.text(3, n.Name)
	out.text(4, n.Op)
	for _, a := range n.Attributes {
		out.bytes(5, a.marshal())
	}
	return out
}

func (a Attribute) marshal() (out message) {
	const float, integer, text, ints = 1, 2, 3, 7 // AttributeType
	out.text(1, a.Name)
	switch {
	case a.Text != "":
		out.text(4, a.Text)
		out.number(20, text)
	case a.Ints != nil:
		out.number(8, a.Ints...)
		out.number(20, ints)
	case a.Int != 0:
		out.number(3, a.Int)
		out.number(20, integer)
	default:
		out = protowire.AppendFixed32(protowire.AppendTag(out, 2, protowire.Fixed32Type), math.Float32bits(a.Float))
		out.number(20, float)
	}
	return out
}

// DataType of TensorProto.
const float32Type, int64Type = 1, 7

func (t Tensor) marshal() (out message) {
	out.number(1, t.Shape...)
	kind, raw := int64(float32Type), make([]byte, 0, 4*len(t.Floats)+8*len(t.Ints))
	for _, v := range t.Floats {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	for _, v := range t.Ints {
		kind, raw = int64Type, binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	out.number(2, kind)
	out.text(8, t.Name)
	out.bytes(9, raw)
	return out
}

func (v Value) marshal() (out message) {
	var shape, tensor, kind message
	for i, n := range v.Shape {
		var dim message
		if n > 0 {
			dim.number(1, n)
		} else {
			dim.text(2, v.Symbols[i])
		}
		shape.bytes(1, dim)
	}
	tensor.number(1, float32Type)
	tensor.bytes(2, shape)
	kind.bytes(1, tensor)
	out.text(1, v.Name)
	out.bytes(2, kind)
	out.text(3, v.Doc)
	return out
}
