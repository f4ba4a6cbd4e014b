package trainer

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// The files of testdata were written by PyTorch 2.11.0 on a CPU:
//
//	python scripts/parity.py golden --out trainer/testdata
//
// R has width 6 and 1 block, D a tenth of the paper's maps; x, y are (4, 1, 35, 55); lambda is 0.02.
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

// parityTrainer is a trainer with the golden file's weights, without noise, history, average and penalty.
func parityTrainer(t *testing.T, g golden, settings ...string) *Trainer {
	t.Helper()
	c, err := LoadConfig("gaze-paper-v1", "", append([]string{
		"refiner.width=6", "refiner.blocks=1", "discriminator.width=0.1", "train.lambda=0.02", "train.history=0",
		"train.precision=float32", "device=cpu",
	}, settings...))
	if err != nil {
		t.Fatal(err)
	}
	if err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	tr := &Trainer{config: c, info: data.Info{C: 1, H: 35, W: 55}, meter: newMeter(), state: state{Phase: PhaseTrain}}
	if tr.networks, err = newNetworks(c, tr.info); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	if tr.psi, err = models.ParsePsi(c.Train.Psi, nil); err != nil {
		t.Fatal(err)
	}
	for prefix, params := range map[string][]models.Param{"R.": tr.R.Params(), "D.": tr.D.Params()} {
		for _, p := range params {
			set(t, p.Tensor, g[prefix+p.Name])
		}
	}
	return tr
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

// compare wants all values within 1e-5 of the largest in size.
func compare(t *testing.T, name string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	scale, worst := 1e-3, 0.0
	for i := range want {
		scale = max(scale, math.Abs(float64(want[i])))
		worst = max(worst, math.Abs(float64(got[i]-want[i])))
	}
	if !(worst <= 1e-5*scale) {
		t.Errorf("%s: differs by %.3g of %.3g", name, worst, scale)
	}
}

func compareParams(t *testing.T, g golden, prefix string, params []models.Param, read func(*cgo.Scope, cgo.Tensor) cgo.Tensor) {
	t.Helper()
	for _, p := range params {
		err := cgo.Within(func(s *cgo.Scope) error {
			got, err := cgo.Read(read(s, p.Tensor))
			if err == nil {
				compare(t, prefix+p.Name, got, g[prefix+p.Name])
			}
			return err
		})
		if err != nil {
			t.Fatalf("%s%s: %v", prefix, p.Name, err)
		}
	}
}

func batchOf(pixels []float32) *data.Batch {
	return &data.Batch{N: 4, C: 1, H: 35, W: 55, Pixels: pixels, Index: make([]int, 4), Names: make([]string, 4)}
}

// Losses and all gradients of equations (2) to (4); that R's are right shows that the adversary's gradient reaches it.
func TestLossesAndGradientsEqualPyTorch(t *testing.T) {
	for name, settings := range map[string][]string{
		"zeros_identity":        {"refiner.padding=zeros"},
		"reflect_identity":      {"refiner.padding=reflect"},
		"replicate_derivatives": {"refiner.padding=replicate", "train.psi=derivatives"},
	} {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			tr := parityTrainer(t, g, settings...)
			grad := func(s *cgo.Scope, p cgo.Tensor) cgo.Tensor { return s.Grad(p) }
			x := batchOf(g["x"])
			tr.optR, tr.optD = still{}, still{}
			if err := tr.refinerStep(x, true); err != nil {
				t.Fatal(err)
			}
			compareParams(t, g, "grad_R.", tr.R.Params(), grad)
			if err := tr.discriminatorStep(x, batchOf(g["y"])); err != nil {
				t.Fatal(err)
			}
			compareParams(t, g, "grad_D.", tr.D.Params(), grad)
			losses, err := tr.meter.read()
			if err != nil {
				t.Fatal(err)
			}
			for _, loss := range []string{"l_real", "l_reg", "L_D"} {
				compare(t, loss, []float32{float32(losses[loss])}, g[loss])
			}
		})
	}
}

// still is an optimizer that leaves parameters and gradients as they are.
type still struct{}

func (still) Step(float64) error             { return nil }
func (still) State() map[string][]cgo.Tensor { return nil }
func (still) Close()                         {}

// While R trains, D takes no gradient, and the other way round.
func TestTheOtherNetworkIsFrozen(t *testing.T) {
	g := readGolden(t, "zeros_identity")
	tr := parityTrainer(t, g)
	x := batchOf(g["x"])
	hasGrad := func(params []models.Param) bool {
		return cgo.Within(func(s *cgo.Scope) error { s.Grad(params[0].Tensor); return nil }) == nil
	}
	tr.optR, tr.optD = still{}, still{}
	if err := tr.refinerStep(x, true); err != nil {
		t.Fatal(err)
	}
	if hasGrad(tr.D.Params()) || !hasGrad(tr.R.Params()) {
		t.Error("R's step: D has a gradient, or R has none")
	}
	if err := cgo.DropGrads(models.Tensors(tr.R.Params())); err != nil {
		t.Fatal(err)
	}
	if err := tr.discriminatorStep(x, batchOf(g["y"])); err != nil {
		t.Fatal(err)
	}
	if hasGrad(tr.R.Params()) || !hasGrad(tr.D.Params()) {
		t.Error("D's step: R has a gradient, or D has none")
	}
}

// R's pretraining is on l_reg alone: whatever D is, R moves the same.
func TestPretrainingIgnoresTheDiscriminator(t *testing.T) {
	g := readGolden(t, "zeros_identity")
	var after [2][]float32
	for i := range after {
		tr := parityTrainer(t, g)
		if i == 1 {
			for _, p := range tr.D.Params() {
				info, err := cgo.Info(p.Tensor)
				if err != nil {
					t.Fatal(err)
				}
				set(t, p.Tensor, make([]float32, info.Numel()))
			}
		}
		if err := tr.refinerStep(batchOf(g["x"]), false); err != nil {
			t.Fatal(err)
		}
		values, err := cgo.Read(tr.R.Params()[0].Tensor)
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

// Ten steps of Algorithm 1, K_g = 2 and K_d = 1.
func TestTenStepsEqualPyTorch(t *testing.T) {
	for name, settings := range map[string][]string{
		"steps_sgd":  {},
		"steps_adam": {"train.optimizer=adam", "train.lr_refiner=0.0005", "train.lr_discriminator=0.0002", "train.beta1=0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			tr := parityTrainer(t, g, append(settings, "refiner.padding=replicate")...)
			x, y := batchOf(g["x"]), batchOf(g["y"])
			var losses []float32
			read := func(err error, name string) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				averages, err := tr.meter.read()
				if err != nil {
					t.Fatal(err)
				}
				losses = append(losses, float32(averages[name]))
			}
			for range 10 {
				read(tr.refinerStep(x, true), "L_R")
				read(tr.refinerStep(x, true), "L_R")
				read(tr.discriminatorStep(x, y), "L_D")
			}
			compare(t, "losses", losses, g["losses"])
			same := func(s *cgo.Scope, p cgo.Tensor) cgo.Tensor { return s.Detach(p) }
			compareParams(t, g, "final_R.", tr.R.Params(), same)
			compareParams(t, g, "final_D.", tr.D.Params(), same)
		})
	}
}
