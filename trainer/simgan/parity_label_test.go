package simgan

import (
	"math"
	"testing"

	"simgan/cgo"
	"simgan/data"
)

// The weights of both losses, and noise as the script's, of one channel.
var (
	agreement = []string{"refiner.padding=replicate", "refiner.noise.kind=pixel", "train.agreement=0.25"}
	diversity = []string{"refiner.padding=replicate", "refiner.noise.kind=pixel", "train.diversity=0.6"}
)

// labelModel is parityModel with the script's weights of E and a generator that draws the script's noise.
func labelModel(t *testing.T, g golden, x *data.Pixels, settings ...string) *Model {
	t.Helper()
	m := parityModel(t, g, x, settings...)
	m.noise.Close()
	var err error
	if m.noise, err = cgo.NewGenerator(cgo.CPU, uint64(g["noise_seed"][0])); err != nil {
		t.Fatal(err)
	}
	if m.estimator != nil {
		for k, p := range m.estimator.Params() {
			set(t, p.Tensor, hashed(t, p.Tensor, k))
		}
	}
	return m
}

// hashed returns the values that parity.py's function of this name gives tensor number k.
func hashed(t *testing.T, p cgo.Tensor, k int) []float32 {
	t.Helper()
	info, err := cgo.Info(p)
	if err != nil {
		t.Fatal(err)
	}
	scale := 0.05
	if len(info.Shape) > 1 {
		scale = math.Sqrt(6 / float64(info.Numel()/info.Shape[0]))
	}
	values := make([]float32, info.Numel())
	for i := range values {
		h := uint32(i + k<<24)
		for _, factor := range []uint32{0x9E3779B1, 0x85EBCA6B} {
			h *= factor
			h ^= h >> 15
		}
		values[i] = float32((float64(h>>8)/(1<<23) - 1) * scale)
	}
	return values
}

// l_label and l_div, each with R's gradients. D without weights gives R no gradient, and lambda 0 none either, so R's
// gradients are those of the loss alone. L_R is that of both with D and l_reg.
func TestLabelAndDiversityEqualPyTorch(t *testing.T) {
	for _, c := range []struct {
		name    string
		c, h, w int
	}{
		{"label_diversity", 1, 35, 55},
		{"label_diversity_colour", 3, 30, 37}, // squares of 4 x 4 leave two rows and a column over
	} {
		g := readGolden(t, c.name)
		x := imagesOf(g["x"], c.c, c.h, c.w)
		for _, loss := range []struct {
			name     string
			settings []string
		}{
			{"l_label", append(agreement, "train.lambda=0")},
			{"l_div", append(diversity, "train.lambda=0")},
			{"L_R", append(agreement, diversity...)},
		} {
			t.Run(c.name+", "+loss.name, func(t *testing.T) {
				m := labelModel(t, g, x, loss.settings...)
				m.optR = still{}
				if loss.name != "L_R" {
					for _, p := range m.D.Params() {
						set(t, p.Tensor, make([]float32, numel(t, p.Tensor)))
					}
				}
				if err := stepR(t, m, x, true); err != nil {
					t.Fatal(err)
				}
				losses, err := m.meter.read(nil)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, loss.name, []float32{float32(losses[loss.name])}, g[loss.name])
				compareParams(t, g, "grad_"+loss.name+".", m.R.Params(), gradient)
			})
		}
		t.Run(c.name+", noise and labels", func(t *testing.T) { compareGiven(t, g, x) })
	}
}

// compareGiven compares what both sides compute for themselves: the noise, and E's labels of x.
func compareGiven(t *testing.T, g golden, x *data.Pixels) {
	t.Helper()
	m := labelModel(t, g, x, agreement...)
	err := cgo.Within(func(s *cgo.Scope) error {
		z, err := cgo.Read(m.drawNoise(s, x.N))
		if err != nil {
			return err
		}
		compare(t, "noise", z, g["z"])
		labels, err := cgo.Read(s.Detach(m.estimator.Forward(s, pixelInput{x, cgo.CPU}.images(s, x.N))))
		if err == nil {
			compare(t, "E(x)", labels, g["labels"])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Ten iterations of Algorithm 1 with noise, l_label and l_div.
func TestTenStepsWithLabelsAndDiversityEqualPyTorch(t *testing.T) {
	g := readGolden(t, "steps_label_diversity")
	x, y := eyesOf(g["x"]), eyesOf(g["y"])
	m := labelModel(t, g, x, append(append(agreement, diversity...), adam...)...)
	compareTenSteps(t, g, m, x, y)
}

// Pretraining makes R reproduce x, so its l_reg has no limit: beyond the limit an l_reg hardly falls towards x. In
// Algorithm 1 the limit makes l_reg lower.
func TestPretrainingHasNoLimit(t *testing.T) {
	g := readGolden(t, "label_diversity")
	x := imagesOf(g["x"], 1, 35, 55)
	lReg := func(limit string, adversary bool) float64 {
		m := parityModel(t, g, x, "refiner.noise.kind=pixel", "train.reg_limit="+limit)
		if err := stepR(t, m, x, adversary); err != nil {
			t.Fatal(err)
		}
		losses, err := m.meter.read(nil)
		if err != nil {
			t.Fatal(err)
		}
		return losses["l_reg"]
	}
	if plain, limited := lReg("0", false), lReg("0.25", false); plain != limited {
		t.Errorf("pretraining: l_reg is %g with a limit, %g without", limited, plain)
	}
	if plain, limited := lReg("0", true), lReg("0.25", true); !(limited < plain) {
		t.Errorf("Algorithm 1: l_reg is %g with a limit, %g without", limited, plain)
	}
}
