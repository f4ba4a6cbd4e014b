package models

import (
	"fmt"

	"simgan/cgo"
	"simgan/models/architecture"
	"simgan/models/onnx"
)

// ONNX returns R as an ONNX graph that computes Forward outside training. The inputs are `image` (batch, C, height,
// width) and, if R takes noise, `noise` (batch, k, height, width); the output is `refined`, shaped as image. All sizes
// except C and k are free. The doc strings of the model and its inputs, and its metadata, describe pre- and
// post-processing and the noise.
func (r *Refiner) ONNX() (onnx.Model, error) {
	e := exporter{names: map[cgo.Tensor]string{}}
	for _, p := range r.params {
		e.parameter(p)
	}
	h := "image"
	if r.Config.Noise.Channels() > 0 {
		h = e.node("Concat", []string{"image", "noise"}, onnx.Attribute{Name: "axis", Int: 1})
	}
	h = e.relu(e.conv(r.stem, h))
	for _, b := range r.blocks {
		y := e.relu(e.norm(b.norm1, e.conv(b.conv1, h)))
		y = e.norm(b.norm2, e.conv(b.conv2, y))
		h = e.relu(e.node("Add", []string{h, y}))
	}
	e.node("Tanh", []string{e.conv(r.last, h)})
	e.graph.Nodes[len(e.graph.Nodes)-1].Output = "refined"
	r.describe(&e.graph)
	return onnx.Model{
		Producer: "simgan", Doc: onnxDoc, Opset: 17, Graph: e.graph,
		Metadata: map[string]string{
			"simgan.preprocessing":  onnxBefore,
			"simgan.postprocessing": onnxAfter,
			"simgan.noise":          describeNoise(r.Config.Noise),
		},
	}, e.err
}

const (
	onnxBefore = "image = v / (2^bits - 1) * 2 - 1 as float32, where v are the levels of an image with bits bits " +
		"(8 or 16): pixels in [-1, 1]; no mean subtraction, no contrast stretch per image"
	onnxAfter = "v = round((refined + 1) / 2 * (2^bits - 1)), clipped to 0 and 2^bits - 1: " +
		"levels of an image with bits bits; no contrast stretch per image"
	onnxDoc = "SimGAN's refiner (Shrivastava et al. 2017). Before: " + onnxBefore + ". After: " + onnxAfter + "."
)

// describeNoise describes in words what DrawNoise draws.
func describeNoise(c architecture.Noise) string {
	switch c.Kind {
	case architecture.PixelNoise:
		return "(batch, 1, height, width): independent standard normal numbers, drawn independently for each image"
	case architecture.MultiscaleNoise:
		return fmt.Sprintf("(batch, %d, height, width), drawn independently for each image. "+
			"Channel 0: independent standard normal numbers. Next %d channels: standard normal numbers "+
			"on a grid of max(1, (height + %d) / %d) by max(1, (width + %[3]d) / %[4]d) points (integer division), "+
			"enlarged to height x width bilinearly with half-pixel centres (PyTorch: align_corners=False). "+
			"Last %[5]d channels: one standard normal number each, the same at every pixel",
			c.Channels(), c.Coarse, c.Grid/2, c.Grid, c.Constants)
	}
	return "none: the refiner takes no noise"
}

// describe adds the graph's inputs and its output.
func (r *Refiner) describe(g *onnx.Graph) {
	g.Name = "refiner"
	symbols := []string{"batch", "", "height", "width"}
	value := func(name, doc string, channels int64) onnx.Value {
		return onnx.Value{Name: name, Doc: doc, Shape: []int64{0, channels, 0, 0}, Symbols: symbols}
	}
	g.Inputs = append(g.Inputs, value("image", onnxBefore, int64(r.Channels)))
	if k := r.Config.Noise.Channels(); k > 0 {
		g.Inputs = append(g.Inputs, value("noise", describeNoise(r.Config.Noise), k))
	}
	g.Outputs = append(g.Outputs, value("refined", onnxAfter, int64(r.Channels)))
}

// exporter builds a graph layer by layer, in the order of Forward.
type exporter struct {
	graph onnx.Graph
	names map[cgo.Tensor]string
	err   error
}

// parameter adds a tensor of the network under its name.
func (e *exporter) parameter(p Param) {
	info, err := cgo.Info(p.Tensor)
	if err != nil {
		e.fail(p.Name, err)
		return
	}
	values, err := cgo.Read(p.Tensor)
	if err != nil {
		e.fail(p.Name, err)
	}
	e.graph.Initializers = append(e.graph.Initializers, onnx.Tensor{Name: p.Name, Shape: info.Shape, Floats: values})
	e.names[p.Tensor] = p.Name
}

func (e *exporter) fail(name string, err error) {
	if e.err == nil {
		e.err = fmt.Errorf("onnx: %s: %w", name, err)
	}
}

// node adds an operator and names its output.
func (e *exporter) node(op string, inputs []string, attributes ...onnx.Attribute) string {
	name := fmt.Sprintf("%s_%d", op, len(e.graph.Nodes))
	n := onnx.Node{Name: name, Op: op, Inputs: inputs, Output: name, Attributes: attributes}
	e.graph.Nodes = append(e.graph.Nodes, n)
	return name
}

func (e *exporter) relu(x string) string { return e.node("Relu", []string{x}) }

// conv adds conv.forward. Padding other than zeros becomes a separate operator.
func (e *exporter) conv(c conv, x string) string {
	p := c.KernelSize / 2
	if c.padding != cgo.Zeros && p > 0 {
		mode := map[cgo.Padding]string{cgo.Reflect: "reflect", cgo.Replicate: "edge"}[c.padding]
		x = e.node("Pad", []string{x, e.padSizes(p)}, onnx.Attribute{Name: "mode", Text: mode})
	}
	return e.node("Conv", []string{x, e.names[c.Weight], e.names[c.Bias]},
		onnx.Attribute{Name: "kernel_shape", Ints: []int64{c.KernelSize, c.KernelSize}},
		onnx.Attribute{Name: "pads", Ints: []int64{c.Padding, c.Padding, c.Padding, c.Padding}})
}

// padSizes returns the name of the initializer for p pixels on every side of height and width, and adds it if needed.
func (e *exporter) padSizes(p int64) string {
	name := fmt.Sprintf("pads_%d", p)
	for _, t := range e.graph.Initializers {
		if t.Name == name {
			return name
		}
	}
	pads := onnx.Tensor{Name: name, Shape: []int64{8}, Ints: []int64{0, 0, p, p, 0, 0, p, p}}
	e.graph.Initializers = append(e.graph.Initializers, pads)
	return name
}

// norm adds norm.forward outside training.
func (e *exporter) norm(n norm, x string) string {
	if n.BatchNorm2dModule == nil {
		return x
	}
	inputs := []string{x, e.names[n.Weight], e.names[n.Bias], e.names[n.RunningMean], e.names[n.RunningVar]}
	return e.node("BatchNormalization", inputs, onnx.Attribute{Name: "epsilon", Float: float32(n.Eps)})
}
