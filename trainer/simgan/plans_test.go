package simgan

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"simgan/models"
	"simgan/models/architecture"
	"simgan/trainer/config"
)

// graphsOf are the graphs of cgo/libsimgan_cuda/plans.h for passes of a convolution of in x h x w maps; channels are
// padded to 8.
func graphsOf(n, in, h, w, out, r, stride int, passes ...string) (graphs []string) {
	eights := func(n int) int { return (n + 7) / 8 * 8 }
	for _, p := range passes {
		graphs = append(graphs, fmt.Sprintf("%s:%d,%d,%d,%d,%d,%d,%d", p, n, eights(in), h, w, eights(out), r, stride))
	}
	return graphs
}

// refinerGraphs are those that a step of R is made of, for images of channels x h x w, and those of the blocks in
// slices of the batch. Replicate padding is a border in the maps.
func refinerGraphs(c config.Config, channels, h, w int) (graphs []string) {
	slice := models.Slice(c.Refiner, c.Train.Batch, h, w)
	if border := max(c.Refiner.Kernel, c.Refiner.BlockKernel) / 2; c.Refiner.Padding == architecture.ReplicatePadding {
		h, w = h+2*border, w+2*border
	}
	r := c.Refiner
	add := func(in, out, k int, passes ...string) {
		graphs = append(graphs, graphsOf(c.Train.Batch, in, h, w, out, k, 1, passes...)...)
		if slice > 0 && in == r.Width && out == r.Width {
			graphs = append(graphs, graphsOf(slice, in, h, w, out, k, 1, passes...)...)
		}
	}
	add(channels+int(r.Noise.Channels()), r.Width, r.Kernel, "forward+relu", "weight")
	add(
		r.Width,
		r.Width,
		r.BlockKernel,
		"forward+relu",
		"forward+residual+relu",
		"input+relu+sum",
		"input+residual+relu+sum",
		"weight",
	)
	add(r.Width, channels, 1, "forward", "input+relu+sum", "weight")
	return graphs
}

// discriminatorGraphs are those of D in its steps, which have two batches in one, and in R's, by the paper's tables:
// maps, filters, stride, size of what they read.
func discriminatorGraphs(c config.Config, channels int) (graphs []string) {
	tables := map[architecture.Layers][][5]int{ // out, r, stride, h, w
		"gaze": {{96, 3, 2, 35, 55}, {64, 3, 2, 18, 28}, {32, 3, 1, 9, 14}, {32, 1, 1, 9, 14}, {2, 1, 1, 9, 14}},
		"hand": {{96, 7, 4, 224, 224}, {64, 5, 2, 56, 56}, {32, 3, 2, 14, 14}, {32, 1, 1, 7, 7}, {2, 1, 1, 7, 7}},
	}
	in := channels
	for i, l := range tables[c.Discriminator.Layers] {
		forward, input := "forward+relu", "input+relu"
		switch i {
		case 0:
			input = "input"
		case 4:
			forward = "forward"
		}
		add := func(n int, passes ...string) {
			graphs = append(graphs, graphsOf(n, in, l[3], l[4], l[0], l[1], l[2], passes...)...)
		}
		add(c.Train.Batch, forward, input) // in R's steps D takes no gradients
		if i > 0 {
			input += "+sum"
		}
		add(2*c.Train.Batch, forward, input, "weight")
		in = l[0]
	}
	return graphs
}

// cuDNN has every fused kernel that the presets need on an H100; asked without one (cgo/libsimgan_cuda/plans.cc). A
// last layer whose one channel is not padded to 8 has none: if that is found too, the question is no question.
func TestCuDNNHasTheFusedKernels(t *testing.T) {
	const impossible = "input+relu+sum:512,64,35,55,1,1,1"
	graphs := []string{impossible}
	for preset, settings := range map[string][]string{
		"gaze-paper-v1": nil, "gaze-paper-v2": nil, "hand-paper": nil,
		"gaze": {"train.batch=512"}, "hand": nil,
	} {
		c, err := config.Load(preset, "", settings)
		if err != nil {
			t.Fatal(err)
		}
		h, w := 35, 55
		if c.Discriminator.Layers == architecture.HandLayers {
			h, w = 224, 224
		}
		graphs = append(graphs, refinerGraphs(c, 1, h, w)...)
		graphs = append(graphs, discriminatorGraphs(c, 1)...)
	}
	slices.Sort(graphs)
	graphs = slices.Compact(graphs)
	found := askPlans(t, graphs)
	for _, g := range graphs {
		switch kind := found[g].kind; {
		case g == impossible && kind != "no":
			t.Errorf("%s: %q, want no", g, kind)
		case g != impossible && kind != "precompiled" && kind != "generated":
			t.Errorf("%s: %q", g, kind)
		}
	}
}

// On an H100, which tells cuDNN how many clusters fit, the engines with wgmma compile for what R's time goes to: the
// input gradients and the layers with a residual of both presets, of gaze in slices too, and the hand preset's 7x7
// layers. Without that number engine 2 is left, asked for by name or not.
func TestWGMMAEnginesCompile(t *testing.T) {
	residual := []string{"forward+residual+relu", "input+relu+sum", "input+residual+relu+sum"}
	r := slices.Concat(graphsOf(512, 64, 37, 57, 64, 3, 1, residual...), graphsOf(32, 64, 37, 57, 64, 3, 1, residual...),
		graphsOf(16, 64, 230, 230, 64, 7, 1, residual...))
	seven := graphsOf(16, 64, 224, 224, 64, 7, 1, "forward+relu")
	for _, c := range []struct {
		engine, clusters string
		graphs           []string
	}{{"4", "1", r}, {"53", "1", seven}, {"2", "", graphsOf(512, 64, 37, 57, 64, 3, 1, residual...)}} {
		environment := []string{"ENGINE=" + c.engine}
		if c.clusters != "" {
			environment = append(environment, "CLUSTERS="+c.clusters)
		}
		for g, f := range askPlans(t, c.graphs, environment...) {
			if f.kind != "generated" || f.engine != c.engine {
				t.Errorf("%s: engine %s is %+v", g, c.engine, f)
			}
		}
	}
}

// A plan that is kept in a file has its compiled kernel: loading it takes a fraction of building it. Two threads build
// all plans that there are, and each of them loads.
func TestPlansAreKeptCompiled(t *testing.T) {
	graphs := slices.Concat(graphsOf(512, 64, 37, 57, 64, 3, 1, "forward+residual+relu", "weight"),
		graphsOf(512, 8, 18, 28, 96, 3, 2, "weight"))
	all := askPlans(t, graphs)
	out := runPlans(t, graphs, "BUILD=2", "LOADS=1")
	for line := range strings.Lines(out) {
		var graph string
		var built, loaded, listed int
		var building, loading, busy float64
		_, err := fmt.Sscanf(line, "%s %d built %d loaded %g %g %g", &graph, &built, &loaded, &building, &loading, &busy)
		_, bad := fmt.Sscan(all[graph].plans, &listed)
		if err != nil || bad != nil || built == 0 || built > listed || loaded != built {
			t.Errorf("%q: %v, %v of %d plans", line, err, bad, listed)
		}
		if all[graph].kind == "generated" && loading > building/5 {
			t.Errorf("%s: loading took %g s of %g s", graph, loading, building)
		}
	}
}

// found is how many plans there are, and the first: precompiled, generated or no, and its engine.
type found struct{ plans, kind, engine string }

// askPlans asks cuDNN for plans of the graphs on an H100. It wants an answer for each.
func askPlans(t *testing.T, graphs []string, environment ...string) map[string]found {
	t.Helper()
	out := runPlans(t, graphs, environment...)
	all := map[string]found{}
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) == 5 {
			all[f[0]] = found{f[1], f[3], f[4]}
		}
	}
	if len(all) != len(graphs) {
		t.Fatalf("%d answers to %d graphs: %s", len(all), len(graphs), out)
	}
	return all
}

// runPlans runs the program plans (cgo/libsimgan_cuda/plans.cc) on the graphs and returns its output.
func runPlans(t *testing.T, graphs []string, environment ...string) string {
	t.Helper()
	program := os.Getenv("SIMGAN_PLANS")
	if program == "" {
		t.Skip("the CUDA side is not built: CUDA=1 make build, then . build/env.sh")
	}
	command := exec.Command(program, append([]string{"../../cgo/testdata/h100.json"}, graphs...)...)
	command.Env = append(append(os.Environ(), "LD_LIBRARY_PATH="+os.Getenv("SIMGAN_PLANS_LIBS")), environment...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
	return string(out)
}
