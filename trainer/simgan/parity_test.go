package simgan

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/trainer/config"
)

// The files of testdata were written by PyTorch 2.11.0 on a CPU:
//
//	python scripts/parity.py golden --out trainer/simgan/testdata
//
// In most of them R has width 6 and 1 block, D a tenth of the paper's maps; lambda is 0.02.
type golden map[string][]float32

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Deserialize(content)
	if err != nil {
		t.Fatal(err)
	}
	g := golden{}
	for _, name := range file.Names() {
		view, _ := file.Tensor(name)
		values := make([]float32, view.DataLen()/4)
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(view.Data()[4*i:]))
		}
		g[name] = values
	}
	return g
}

// parityModel returns a model for images of x's shape with the golden file's weights, without noise, history, average
// and penalty.
func parityModel(t *testing.T, g golden, x *data.Pixels, settings ...string) *Model {
	t.Helper()
	c, err := config.Load("gaze-paper-v1", "", append([]string{
		"refiner.width=6", "refiner.blocks=1", "discriminator.width=0.1", "train.lambda=0.02", "train.history=0",
		"train.precision=float32", "device=cpu",
	}, settings...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	m, err := NewModel(c, data.Info{C: x.C, H: x.H, W: x.W, LabelNames: []string{"a", "b", "c"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	m.Phase = config.PhaseTrain
	for prefix, params := range map[string][]models.Param{"R.": m.R.Params(), "D.": m.D.Params()} {
		for _, p := range params {
			if g[prefix+p.Name] != nil {
				set(t, p.Tensor, g[prefix+p.Name])
			}
		}
	}
	return m
}

// pixelInput gives a step pixels as they are, because goldens are no levels.
type pixelInput struct {
	*data.Pixels
	device cgo.Device
}

// feed gives the next step x and, unless nil, y. It returns the batches for StepR and StepD.
func feed(t *testing.T, m *Model, x, y *data.Pixels) (Drawn, Drawn) {
	t.Helper()
	if err := m.prepare(x.N); err != nil {
		t.Fatal(err)
	}
	m.inputs.x.Close()
	m.inputs.x = pixelInput{x, m.device}
	if y != nil {
		m.inputs.y.Close()
		m.inputs.y = pixelInput{y, m.device}
	}
	b := Drawn{Batch: &data.Batch{N: x.N}}
	return b, b
}

// stepR and stepD make a step on pixels.
func stepR(t *testing.T, m *Model, x *data.Pixels, adversary bool) error {
	t.Helper()
	b, _ := feed(t, m, x, nil)
	return m.StepR(b, adversary)
}

func stepD(t *testing.T, m *Model, x, y *data.Pixels) error {
	t.Helper()
	return m.StepD(feed(t, m, x, y))
}

func (pixelInput) put(Drawn) error { return nil }
func (pixelInput) Close()          {}

func (in pixelInput) images(s *cgo.Scope, n int) cgo.Tensor {
	size := in.C * in.H * in.W
	return s.From(in.Values[:n*size], in.device, int64(n), int64(in.C), int64(in.H), int64(in.W))
}

func set(t *testing.T, p cgo.Tensor, values []float32) {
	t.Helper()
	err := cgo.Within(func(s *cgo.Scope) error {
		return cgo.Copy(p, s.From(values, cgo.CPU, s.Shape(p)...))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tolerance is how far float32 on the CPU may be from PyTorch's, as a part of the largest value.
const tolerance = 1e-5

// compare fails unless all values are within the tolerance, as a share of the largest.
func compare(t *testing.T, name string, got, want []float32) {
	t.Helper()
	compareAt(t, name, got, want, 1e-3, tolerance)
}

// compareAt is compare for values of which others are as large as scale.
func compareAt(t *testing.T, name string, got, want []float32, scale, tolerance float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	scale = max(scale, largest(want))
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i]-want[i])))
	}
	if !(worst <= tolerance*scale) {
		t.Errorf("%s: differs by %.3g of %.3g", name, worst, scale)
	}
}

func largest(values []float32) (most float64) {
	for _, v := range values {
		most = max(most, math.Abs(float64(v)))
	}
	return most
}

// layer is the largest value of the file's tensors of the same layer: a bias's gradient is a sum in which much cancels.
func (g golden) layer(name string) float64 {
	layer := name[:strings.LastIndex(name, ".")]
	return max(largest(g[layer+".weight"]), largest(g[layer+".bias"]))
}

func compareParams(
	t *testing.T,
	g golden,
	prefix string,
	params []models.Param,
	read func(*cgo.Scope, cgo.Tensor) cgo.Tensor,
) {
	t.Helper()
	for _, p := range params {
		err := cgo.Within(func(s *cgo.Scope) error {
			got, err := cgo.Read(read(s, p.Tensor))
			if err == nil {
				compareAt(t, prefix+p.Name, got, g[prefix+p.Name], g.layer(prefix+p.Name), tolerance)
			}
			return err
		})
		if err != nil {
			t.Fatalf("%s%s: %v", prefix, p.Name, err)
		}
	}
}

// imagesOf returns images of c x h x w.
func imagesOf(pixels []float32, c, h, w int) *data.Pixels {
	return &data.Pixels{N: len(pixels) / (c * h * w), C: c, H: h, W: w, Values: pixels}
}

func eyesOf(pixels []float32) *data.Pixels { return imagesOf(pixels, 1, 35, 55) }

func same(s *cgo.Scope, p cgo.Tensor) cgo.Tensor     { return s.Detach(p) }
func gradient(s *cgo.Scope, p cgo.Tensor) cgo.Tensor { return s.Grad(p) }

// Losses and all gradients of equations (2) to (4); that R's are right shows that the adversary's gradient reaches it.
func TestLossesAndGradientsEqualPyTorch(t *testing.T) {
	for _, c := range []struct {
		name     string
		channels int
		settings []string
	}{
		{"zeros_identity", 1, []string{"refiner.padding=zeros"}},
		{"reflect_identity", 1, []string{"refiner.padding=reflect"}},
		{"replicate_derivatives", 1, []string{"refiner.padding=replicate", "train.psi=derivatives"}},
		{"replicate_channel_mean", 3, []string{"refiner.padding=replicate", "train.psi=mean"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := readGolden(t, c.name)
			h, w := 35, 55
			if c.channels == 3 {
				h, w = 21, 33
			}
			x, y := imagesOf(g["x"], c.channels, h, w), imagesOf(g["y"], c.channels, h, w)
			m := parityModel(t, g, x, c.settings...)
			compareLosses(t, m, g, x, y)
			compareParams(t, g, "grad_R.", m.R.Params(), gradient)
			compareParams(t, g, "grad_D.", m.D.Params(), gradient)
		})
	}
}

// compareLosses leaves the gradients of one step of R and one of D, which change no weight.
func compareLosses(t *testing.T, m *Model, g golden, x, y *data.Pixels) {
	t.Helper()
	m.optR, m.optD = still{}, still{}
	if err := stepR(t, m, x, true); err != nil {
		t.Fatal(err)
	}
	if err := stepD(t, m, x, y); err != nil {
		t.Fatal(err)
	}
	losses, err := m.meter.read(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, loss := range []string{"l_real", "l_reg", "L_D"} {
		compare(t, loss, []float32{float32(losses[loss])}, g[loss])
	}
}

// The paper's networks at full size, weights and images given by formulas; of each gradient the first values and the
// norm.
func TestPaperNetworksEqualPyTorch(t *testing.T) {
	for _, c := range []struct {
		preset    string
		b, h, w   int
		tolerance float64
	}{
		// With these weights float32 itself is 1.3e-5 (gaze) and 3.4e-4 (hand) off what PyTorch finds in float64
		// (parity.py golden --precision float64); Winograd's convolutions 1.1e-4.
		{"gaze-paper-v1", 2, 35, 55, 2e-4},
		{"hand-paper", 1, 224, 224, 1e-3},
	} {
		t.Run(c.preset, func(t *testing.T) {
			kind, _, _ := strings.Cut(c.preset, "-")
			g := readGolden(t, kind+"_paper")
			wave := func(f func(float64) float64, scale, step, start float64, n int) []float32 {
				v := make([]float32, n)
				for i := range v {
					v[i] = float32(scale * f(step*float64(i)+start))
				}
				return v
			}
			x := imagesOf(wave(math.Sin, 1, 0.011, 0, c.b*c.h*c.w), 1, c.h, c.w)
			y := imagesOf(wave(math.Cos, 1, 0.013, 0, c.b*c.h*c.w), 1, c.h, c.w)
			blocks, kernel := "4", "3"
			if kind == "hand" {
				blocks, kernel = "10", "7"
			}
			m := parityModel(t, golden{}, x, "refiner.width=64", "refiner.blocks="+blocks, "refiner.kernel="+kernel,
				"refiner.block_kernel="+kernel, "discriminator.width=1", "discriminator.layers="+kind)
			for _, params := range [][]models.Param{m.R.Params(), m.D.Params()} {
				for k, p := range params {
					n := numel(t, p.Tensor)
					if strings.HasSuffix(p.Name, "weight") {
						set(t, p.Tensor, wave(math.Sin, 0.05, 0.37, float64(k), n))
					} else {
						set(t, p.Tensor, wave(math.Cos, 0.01, 0.53, float64(k), n))
					}
				}
			}
			compareLosses(t, m, g, x, y)
			for prefix, params := range map[string][]models.Param{"grad_R.": m.R.Params(), "grad_D.": m.D.Params()} {
				for _, p := range params {
					compareHead(t, g, prefix+p.Name, p.Tensor, c.tolerance)
				}
			}
		})
	}
}

// compareHead compares a gradient's norm and first values.
func compareHead(t *testing.T, g golden, name string, p cgo.Tensor, tolerance float64) {
	t.Helper()
	err := cgo.Within(func(s *cgo.Scope) error {
		got, err := cgo.Read(s.Grad(p))
		if err != nil {
			return err
		}
		norm := 0.0
		for _, v := range got {
			norm += float64(v) * float64(v)
		}
		norm = math.Sqrt(norm)
		compareAt(t, "norm_"+name, []float32{float32(norm)}, g["norm_"+name], g.layer("norm_"+name), tolerance)
		compareAt(t, name, got[:len(g[name])], g[name], max(g.layer(name), norm/math.Sqrt(float64(len(got)))), tolerance)
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func numel(t *testing.T, p cgo.Tensor) int {
	t.Helper()
	info, err := cgo.Info(p)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Numel())
}

// The R1 penalty and its gradients; PyTorch's script has 0.1 ||gradient||^2, ours r1/2 of it.
func TestPenaltyEqualsPyTorch(t *testing.T) {
	g := readGolden(t, "r1")
	y := eyesOf(g["y"])
	m := parityModel(t, g, y, "train.r1=0.2", "train.r1_every=1")
	feed(t, m, y, y)
	if err := cgo.Gradients(false, m.device, func(s *cgo.Scope) cgo.Tensor { return m.penaltyR1(s, y.N) }); err != nil {
		t.Fatal(err)
	}
	averages, err := m.meter.read(nil)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "penalty", []float32{float32(averages["r1"])}, g["penalty"])
	for _, p := range m.D.Params() {
		if strings.HasSuffix(p.Name, "weight") { // D is piecewise linear: the biases' gradients are zero
			compareParams(t, g, "grad_D.", []models.Param{p}, gradient)
		}
	}
}

// still is an optimizer that leaves parameters and gradients as they are.
type still struct{}

func (still) Step(float64) error             { return nil }
func (still) StepAt(cgo.Tensor) error        { return nil }
func (still) Reset() error                   { return nil }
func (still) State() map[string][]cgo.Tensor { return nil }
func (still) Close()                         {}

// While R trains, D takes no gradient, and the other way round.
func TestTheOtherNetworkIsFrozen(t *testing.T) {
	g := readGolden(t, "zeros_identity")
	x := eyesOf(g["x"])
	m := parityModel(t, g, x)
	hasGrad := func(params []models.Param) bool {
		return cgo.Within(func(s *cgo.Scope) error { s.Grad(params[0].Tensor); return nil }) == nil
	}
	m.optR, m.optD = still{}, still{}
	if err := stepR(t, m, x, true); err != nil {
		t.Fatal(err)
	}
	if hasGrad(m.D.Params()) || !hasGrad(m.R.Params()) {
		t.Error("R's step: D has a gradient, or R has none")
	}
	if err := cgo.DropGrads(models.Tensors(m.R.Params())); err != nil {
		t.Fatal(err)
	}
	if err := stepD(t, m, x, eyesOf(g["y"])); err != nil {
		t.Fatal(err)
	}
	if hasGrad(m.R.Params()) || !hasGrad(m.D.Params()) {
		t.Error("D's step: R has a gradient, or D has none")
	}
}

// R's pretraining is on l_reg alone: whatever D is, R moves the same.
func TestPretrainingIgnoresTheDiscriminator(t *testing.T) {
	g := readGolden(t, "zeros_identity")
	var after [2][]float32
	for i := range after {
		x := eyesOf(g["x"])
		m := parityModel(t, g, x)
		if i == 1 {
			for _, p := range m.D.Params() {
				set(t, p.Tensor, make([]float32, numel(t, p.Tensor)))
			}
		}
		if err := stepR(t, m, x, false); err != nil {
			t.Fatal(err)
		}
		values, err := cgo.Read(m.R.Params()[0].Tensor)
		if err != nil {
			t.Fatal(err)
		}
		after[i] = values
	}
	compare(t, "stem.weight", after[0], after[1])
	if after[0][0] == g["R.stem.weight"][0] {
		t.Error("R did not move")
	}
}

var adam = []string{
	"train.optimizer=adam",
	"train.lr_refiner=0.0005",
	"train.lr_discriminator=0.0002",
	"train.beta1=0.5",
	"refiner.padding=replicate",
}

// lossesOf collects the loss of each step.
type lossesOf struct {
	m      *Model
	losses []float32
}

func (l *lossesOf) step(t *testing.T, err error, name string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	averages, err := l.m.meter.read(nil)
	if err != nil {
		t.Fatal(err)
	}
	l.losses = append(l.losses, float32(averages[name]))
}

// Ten iterations of Algorithm 1, K_g = 2 and K_d = 1. D takes refined and real images one after the other, as on a CPU,
// or as one batch, as on a GPU.
func TestTenStepsEqualPyTorch(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings []string
		oneBatch bool
	}{
		{"steps_sgd", []string{"refiner.padding=replicate"}, false},
		{"steps_adam", adam, false},
		{"steps_adam", adam, true},
	} {
		t.Run(fmt.Sprintf("%s, one batch %v", c.name, c.oneBatch), func(t *testing.T) {
			g := readGolden(t, c.name)
			x, y := eyesOf(g["x"]), eyesOf(g["y"])
			m := parityModel(t, g, x, c.settings...)
			m.oneBatch = c.oneBatch
			compareTenSteps(t, g, m, x, y)
		})
	}
}

// compareTenSteps makes ten iterations of Algorithm 1 and compares losses and weights with the golden ones.
func compareTenSteps(t *testing.T, g golden, m *Model, x, y *data.Pixels) {
	t.Helper()
	l := lossesOf{m: m}
	for range 10 {
		l.step(t, stepR(t, m, x, true), "L_R")
		l.step(t, stepR(t, m, x, true), "L_R")
		l.step(t, stepD(t, m, x, y), "L_D")
	}
	compare(t, "losses", l.losses, g["losses"])
	compareParams(t, g, "final_R.", m.R.Params(), same)
	compareParams(t, g, "final_D.", m.D.Params(), same)
}

// Ten iterations on different batches with a history of 8 images, whose random choices are the script's, and the
// average of R's weights.
func TestHistoryAndAverageEqualPyTorch(t *testing.T) {
	g := readGolden(t, "steps_history_ema")
	const b, half, image = 4, 2, 35 * 55
	batch := func(pixels []float32, k int) *data.Pixels { return eyesOf(pixels[k*b*image : (k+1)*b*image]) }
	m := parityModel(t, g, batch(g["y"], 0), append(adam, "train.history=8", "train.ema=0.9", "train.batch=4")...)
	if err := copyParams(m.Average.Params(), m.R.Params()); err != nil {
		t.Fatal(err)
	}
	var choices [][]int64
	for i := range 10 {
		for _, kind := range []string{"choice_draw", "choice_replace"} {
			if i == 0 && kind == "choice_draw" || i < 4 && kind == "choice_replace" {
				continue // nothing to draw from yet; free places are taken in order
			}
			var places []int64
			for _, v := range g[kind][i*half : (i+1)*half] {
				places = append(places, int64(v))
			}
			choices = append(choices, places)
		}
	}
	m.history.pick = func(int, int) []int64 {
		next := choices[0]
		choices = choices[1:]
		return next
	}
	l := lossesOf{m: m}
	for i := range 10 {
		l.step(t, stepR(t, m, batch(g["x"], 3*i), true), "L_R")
		l.step(t, stepR(t, m, batch(g["x"], 3*i+1), true), "L_R")
		l.step(t, stepD(t, m, batch(g["x"], 3*i+2), batch(g["y"], i)), "L_D")
	}
	if len(choices) > 0 {
		t.Errorf("%d choices were not asked for", len(choices))
	}
	compare(t, "losses", l.losses, g["losses"])
	kept, err := cgo.Read(m.history.images)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "history", kept, g["history"])
	compareParams(t, g, "final_R.", m.R.Params(), same)
	compareParams(t, g, "final_D.", m.D.Params(), same)
	compareParams(t, g, "ema_R.", m.Average.Params(), same)
}
