package models

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/cgo"
)

func start(t *testing.T) {
	t.Helper()
	if err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	if err := cgo.Seed(1); err != nil {
		t.Fatal(err)
	}
}

func refiner(t *testing.T, c RefinerConfig) *Refiner {
	t.Helper()
	r, err := NewRefiner(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

var paper = RefinerConfig{Blocks: 4, Width: 64, Kernel: 3, BlockKernel: 3, Padding: "zeros", Normalization: "none", Noise: NoiseConfig{Kind: "none"}}

// Counts and fields are those of docs/specification.md, "Networks".
func TestRefinerSizes(t *testing.T) {
	start(t)
	hand := paper
	hand.Blocks, hand.Kernel, hand.BlockKernel = 10, 7, 7
	fast := hand
	fast.BlockKernel = 3
	for name, c := range map[string]struct {
		config     RefinerConfig
		parameters int64
		field      int
	}{
		"gaze":             {paper, 296_129, 19},
		"hand, 7x7 blocks": {hand, 10*2*(64*64*49+64) + 64*49 + 64 + 65, 127},
		"hand, 3x3 blocks": {fast, 10*2*(64*64*9+64) + 64*49 + 64 + 65, 47},
	} {
		r := refiner(t, c.config)
		if n := Count(r.Params()); n != c.parameters {
			t.Errorf("%s: %d parameters, want %d", name, n, c.parameters)
		}
		if f := r.ReceptiveField(); f != c.field {
			t.Errorf("%s: receptive field %d, want %d", name, f, c.field)
		}
	}
}

func TestDiscriminatorSizes(t *testing.T) {
	start(t)
	for _, c := range []struct {
		layers     string
		h, w       int
		parameters int64
		mapH, mapW int
		field      int
	}{
		{"gaze", 35, 55, 75_906, 9, 14, 23},
		{"hand", 224, 224, 178_050, 7, 7, 71},
	} {
		d, err := NewDiscriminator(DiscriminatorConfig{Layers: c.layers, Width: 1, Normalization: "none"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if n := Count(d.Params()); n != c.parameters {
			t.Errorf("%s: %d parameters, want %d", c.layers, n, c.parameters)
		}
		if h, w := d.Map(c.h, c.w); h != c.mapH || w != c.mapW {
			t.Errorf("%s: map is %dx%d, want %dx%d", c.layers, h, w, c.mapH, c.mapW)
		}
		if f := d.ReceptiveField(); f != c.field {
			t.Errorf("%s: receptive field %d, want %d", c.layers, f, c.field)
		}
		err = cgo.Within(func(s *cgo.Scope) error {
			logits := d.Forward(s, s.Zeros(cgo.Float32, cgo.CPU, 2, 1, int64(c.h), int64(c.w)), false)
			if shape := s.Shape(logits); shape[1] != 2 || shape[2] != int64(c.mapH) || shape[3] != int64(c.mapW) {
				t.Errorf("%s: logits are %v", c.layers, shape)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The logits must go below 0: a ReLU on them is a mistake of six public implementations.
func TestLogitsHaveNoActivation(t *testing.T) {
	start(t)
	d, err := NewDiscriminator(DiscriminatorConfig{Layers: "gaze", Width: 1, Normalization: "none"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = cgo.Within(func(s *cgo.Scope) error {
		x := make([]float32, 35*55)
		for i := range x {
			x[i] = float32(math.Sin(float64(i)))
		}
		values, err := cgo.Read(d.Forward(s, s.From(x, cgo.CPU, 1, 1, 35, 55), false))
		negative := 0
		for _, v := range values {
			if v < 0 {
				negative++
			}
		}
		if negative == 0 {
			t.Error("no logit is negative")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// softmax over the class axis: for logits (a, b) in every patch, -log softmax[0] is log(1 + exp(b - a)).
func TestLossesAreSummedOverPatchesAndAveragedOverImages(t *testing.T) {
	start(t)
	err := cgo.Within(func(s *cgo.Scope) error {
		const b, patches = 3, 6
		values := make([]float32, 0, b*2*patches)
		for range b {
			for class := range 2 {
				for range patches {
					values = append(values, []float32{0.5, -1}[class])
				}
			}
		}
		logits := s.From(values, cgo.CPU, b, 2, 2, 3)
		near(t, "l_real", s.Item(LossReal(s, logits, b)), patches*math.Log(1+math.Exp(-1.5)))
		near(t, "L_D", s.Item(LossD(s, logits, logits, b)), patches*(math.Log(1+math.Exp(1.5))+math.Log(1+math.Exp(-1.5))))
		near(t, "hits", s.Item(s.PatchHits(logits, Real)), b*patches)

		psi, err := ParsePsi("identity", nil)
		if err != nil {
			return err
		}
		for _, n := range []int64{1, 4} { // lambda does not depend on the batch size
			x, refined := s.Zeros(cgo.Float32, cgo.CPU, n, 1, 5, 7), s.Zeros(cgo.Float32, cgo.CPU, n, 1, 5, 7)
			refined = s.Add(refined, s.From([]float32{0.25}, cgo.CPU, 1))
			near(t, "l_reg", s.Item(LossReg(s, psi, refined, x, 0.02, int(n))), 0.02*0.25*35)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPsi(t *testing.T) {
	start(t)
	err := cgo.Within(func(s *cgo.Scope) error {
		// Rows 1 2 4 / 8 16 32 in channel 0, their double in channel 1: differences by hand.
		x := s.From([]float32{1, 2, 4, 8, 16, 32, 2, 4, 8, 16, 32, 64}, cgo.CPU, 1, 2, 2, 3)
		zero := s.Zeros(cgo.Float32, cgo.CPU, 1, 2, 2, 3)
		for name, want := range map[string]float64{
			"identity":    3 * 63,
			"derivatives": 3 * ((1 + 2 + 8 + 16) + (7 + 14 + 28)),
			"mean":        1.5 * 63,
		} {
			psi, err := ParsePsi(name, nil)
			if err != nil {
				return err
			}
			near(t, name, s.Item(LossReg(s, psi, x, zero, 1, 1)), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"learned", "nonsense"} {
		if _, err := ParsePsi(name, nil); err == nil {
			t.Errorf("psi %s without a network was taken", name)
		}
	}
}

func near(t *testing.T, name string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-4*math.Max(1, math.Abs(want)) {
		t.Errorf("%s is %v, want %v", name, got, want)
	}
}

func TestNoiseShapesAndVariety(t *testing.T) {
	start(t)
	for kind, channels := range map[string]int64{"none": 0, "pixel": 1, "multiscale": 7} {
		c := paper
		c.Width, c.Noise = 8, NoiseConfig{Kind: kind, Grid: 9, Coarse: 2, Constants: 4}
		r := refiner(t, c)
		g, err := cgo.NewGenerator(cgo.CPU, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		err = cgo.Within(func(s *cgo.Scope) error {
			x := s.Zeros(cgo.Float32, cgo.CPU, 2, 1, 35, 55)
			noise := c.Noise.Draw(s, g, 2, 35, 55)
			if channels > 0 && s.Shape(noise)[1] != channels {
				t.Errorf("%s: noise is %v", kind, s.Shape(noise))
			}
			values, err := cgo.Read(r.Forward(s, x, noise, false))
			if differ := values[0] != values[35*55]; differ != (channels > 0) {
				t.Errorf("%s: two images refined from the same one differ: %v", kind, differ)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWeightsRoundTripAndRefuseOthers(t *testing.T) {
	start(t)
	small := paper
	small.Width, small.Blocks = 8, 1
	a, b := refiner(t, small), refiner(t, small)
	path := filepath.Join(t.TempDir(), "refiner.safetensors")
	if err := Save(path, a.Params(), nil); err != nil {
		t.Fatal(err)
	}
	if err := Load(path, b.Params()); err != nil {
		t.Fatal(err)
	}
	for i, p := range a.Params() {
		want, err := cgo.Read(p.Tensor)
		if err != nil {
			t.Fatal(err)
		}
		got, err := cgo.Read(b.Params()[i].Tensor)
		if err != nil {
			t.Fatal(err)
		}
		for k := range want {
			if got[k] != want[k] {
				t.Fatalf("%s[%d] is %v, was %v", p.Name, k, got[k], want[k])
			}
		}
	}
	wider := small
	wider.Width = 9
	if err := Load(path, refiner(t, wider).Params()); err == nil || !strings.Contains(err.Error(), "stem.weight") {
		t.Errorf("weights of another width: %v", err)
	}
	deeper := small
	deeper.Blocks = 2
	if err := Load(path, refiner(t, deeper).Params()); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("weights of a shallower network: %v", err)
	}
}

func TestSaveRefusesWhatIsNotFinite(t *testing.T) {
	start(t)
	for name, bad := range map[string]float64{"NaN": math.NaN(), "Inf": math.Inf(-1)} {
		path := filepath.Join(t.TempDir(), "x.safetensors")
		err := cgo.Within(func(s *cgo.Scope) error {
			return Save(path, []Param{{Name: "w", Tensor: s.From([]float32{1, float32(bad)}, cgo.CPU, 2)}}, nil)
		})
		if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "w: ") {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: the file was written", name)
		}
	}
}
