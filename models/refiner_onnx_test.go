package models

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"simgan/models/architecture"
)

// fields returns the contents of a message's length-delimited fields, by number.
func fields(t *testing.T, message []byte) map[protowire.Number][][]byte {
	t.Helper()
	out := map[protowire.Number][][]byte{}
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			t.Fatalf("not a protobuf message: %v", protowire.ParseError(n))
		}
		message = message[n:]
		if kind == protowire.BytesType {
			content, n := protowire.ConsumeBytes(message)
			if n < 0 {
				t.Fatalf("field %d: %v", number, protowire.ParseError(n))
			}
			out[number] = append(out[number], content)
		}
		if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
			t.Fatalf("field %d: %v", number, protowire.ParseError(n))
		}
		message = message[n:]
	}
	return out
}

// The file's structure is read by the field numbers of onnx.proto. scripts/formats.py checks what the graph computes.
func TestONNXStructure(t *testing.T) {
	start(t)
	multiscale := architecture.Noise{Kind: "multiscale", Grid: 9, Coarse: 2, Constants: 4}
	for name, c := range map[string]struct {
		change func(*architecture.Refiner)
		ops    string // of the stem and one block, then the last layer
		inputs []string
	}{
		"paper": {func(*architecture.Refiner) {}, "Conv Relu Conv Relu Conv Add Relu Conv Tanh", []string{"image"}},
		"replicate, noise": {
			func(c *architecture.Refiner) { c.Padding, c.Noise = "replicate", multiscale },
			"Concat Pad Conv Relu Pad Conv Relu Pad Conv Add Relu Conv Tanh", []string{"image", "noise"},
		},
		"batch norm": {
			func(c *architecture.Refiner) { c.Normalization = "batch" },
			"Conv Relu Conv BatchNormalization Relu Conv BatchNormalization Add Relu Conv Tanh", []string{"image"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := paper
			config.Blocks = 1
			c.change(&config)
			r := refiner(t, config)
			model, err := r.ONNX()
			if err != nil {
				t.Fatal(err)
			}
			graph := fields(t, fields(t, model.Marshal())[7][0])
			var ops, inputs []string
			known := map[string]bool{}
			for _, initializer := range graph[5] {
				known[string(fields(t, initializer)[8][0])] = true
			}
			for _, p := range r.Params() {
				if !known[p.Name] {
					t.Errorf("parameter %s is missing", p.Name)
				}
			}
			for _, input := range graph[11] {
				inputs = append(inputs, string(fields(t, input)[1][0]))
			}
			for _, name := range inputs {
				known[name] = true
			}
			for _, node := range graph[1] {
				f := fields(t, node)
				ops = append(ops, string(f[4][0]))
				for _, in := range f[1] {
					if !known[string(in)] {
						t.Errorf("%s reads %q, which is not defined before it", f[3][0], in)
					}
				}
				known[string(f[2][0])] = true
			}
			if got := strings.Join(ops, " "); got != c.ops {
				t.Errorf("operators %s, want %s", got, c.ops)
			}
			if !slices.Equal(inputs, c.inputs) || !known["refined"] {
				t.Errorf("inputs %v, want %v; refined is there: %v", inputs, c.inputs, known["refined"])
			}
		})
	}
}
