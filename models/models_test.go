package models

import (
	"math"
	"testing"

	"simgan/cgo"
	"simgan/models/architecture"
)

func start(t testing.TB) {
	t.Helper()
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	if err := cgo.Seed(1); err != nil {
		t.Fatal(err)
	}
}

func refiner(t *testing.T, c architecture.Refiner) *Refiner {
	t.Helper()
	r, err := NewRefiner(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

var paper = architecture.Refiner{
	Blocks: 4, Width: 64, Kernel: 3, BlockKernel: 3, Padding: "zeros", Normalization: "none",
	Noise: architecture.Noise{Kind: "none"},
}

// The counts are weights plus biases, layer by layer; for gaze 9*64+64, eight times 9*64*64+64, and 64+1. A receptive
// field starts at 1 and grows by the filter size less 1 per convolution.
// They are those of docs/specification.md, "Networks".
func TestRefinerSizes(t *testing.T) {
	start(t)
	hand := paper
	hand.Blocks, hand.Kernel, hand.BlockKernel = 10, 7, 7
	fast := hand
	fast.BlockKernel = 3
	for name, c := range map[string]struct {
		config     architecture.Refiner
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
		layers     architecture.Layers
		h, w       int
		parameters int64
		mapH, mapW int
		field      int
	}{
		{"gaze", 35, 55, 75_906, 9, 14, 23},
		{"hand", 224, 224, 178_050, 7, 7, 71},
	} {
		d, err := NewDiscriminator(architecture.Discriminator{Layers: c.layers, Width: 1, Normalization: "none"}, 1)
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

// Some logits must be negative: a ReLU on them is a mistake of six public implementations.
func TestLogitsHaveNoActivation(t *testing.T) {
	start(t)
	d, err := NewDiscriminator(architecture.Discriminator{Layers: "gaze", Width: 1, Normalization: "none"}, 1)
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

// The softmax is over the class axis: for logits (a, b) in every patch, -log softmax[0] is log(1 + exp(b - a)).
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
		checkNear(t, "l_real", s.Item(LossReal(s, logits, cgo.Tensor{}, b)), patches*math.Log(1+math.Exp(-1.5)))
		nll := math.Log(1+math.Exp(1.5)) + math.Log(1+math.Exp(-1.5))
		checkNear(t, "L_D", s.Item(LossD(s, logits, logits, cgo.Tensor{}, b)), patches*nll)
		checkNear(t, "hits", s.Item(s.PatchHits(logits, Real)), b*patches)

		psi, err := NewPsi("identity", nil)
		if err != nil {
			return err
		}
		for _, n := range []int64{1, 4} { // lambda does not depend on the batch size
			x, refined := s.Zeros(cgo.Float32, cgo.CPU, n, 1, 5, 7), s.Zeros(cgo.Float32, cgo.CPU, n, 1, 5, 7)
			refined = s.Add(refined, s.From([]float32{0.25}, cgo.CPU, 1))
			checkNear(t, "l_reg", s.Item(LossReg(s, psi, refined, x, 0.02, 0, int(n))), 0.02*0.25*35)
			limited := 0.02 * 0.5 * (1 - math.Exp(-0.25/0.5)) * 35
			checkNear(t, "limited l_reg", s.Item(LossReg(s, psi, refined, x, 0.02, 0.5, int(n))), limited)
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
		// Rows 1 2 4 / 8 16 32 in channel 0, doubled in channel 1. The differences are computed by hand.
		x := s.From([]float32{1, 2, 4, 8, 16, 32, 2, 4, 8, 16, 32, 64}, cgo.CPU, 1, 2, 2, 3)
		zero := s.Zeros(cgo.Float32, cgo.CPU, 1, 2, 2, 3)
		for name, want := range map[architecture.Psi]float64{
			"identity":    3 * 63,
			"derivatives": 3 * ((1 + 2 + 8 + 16) + (7 + 14 + 28)),
			"mean":        1.5 * 63,
		} {
			psi, err := NewPsi(name, nil)
			if err != nil {
				return err
			}
			checkNear(t, string(name), s.Item(LossReg(s, psi, x, zero, 1, 0, 1)), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []architecture.Psi{architecture.LearnedPsi, "nonsense"} {
		if _, err := NewPsi(name, nil); err == nil {
			t.Errorf("psi %s without a network was accepted", name)
		}
	}
}

func checkNear(t *testing.T, name string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-4*math.Max(1, math.Abs(want)) {
		t.Errorf("%s is %v, want %v", name, got, want)
	}
}

func TestNoiseShapesAndVariety(t *testing.T) {
	start(t)
	for kind, channels := range map[architecture.NoiseKind]int64{"none": 0, "pixel": 1, "multiscale": 7} {
		c := paper
		c.Width, c.Noise = 8, architecture.Noise{Kind: kind, Grid: 9, Coarse: 2, Constants: 4}
		r := refiner(t, c)
		g, err := cgo.NewGenerator(cgo.CPU, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		err = cgo.Within(func(s *cgo.Scope) error {
			x := s.Zeros(cgo.Float32, cgo.CPU, 2, 1, 35, 55)
			noise := DrawNoise(s, c.Noise, g, 2, 35, 55)
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

// Weights multiply each term of psi's distance and of the patches' cross-entropy.
func TestWeights(t *testing.T) {
	start(t)
	err := cgo.Within(func(s *cgo.Scope) error {
		// x of TestPsi against 0, with weights 0 and 1 per column or, for the mean, over both channels.
		x := s.From([]float32{1, 2, 4, 8, 16, 32, 2, 4, 8, 16, 32, 64}, cgo.CPU, 1, 2, 2, 3)
		zero := s.Zeros(cgo.Float32, cgo.CPU, 1, 2, 2, 3)
		w := s.From([]float32{1, 0.5, 0, 1, 0.5, 0}, cgo.CPU, 1, 1, 2, 3)
		for name, want := range map[architecture.Psi]float64{
			"identity": 3 * (1 + 8 + (2+16)/2.),
			"mean":     1.5 * (1 + 8 + (2+16)/2.),
			// Two columns of three: bilinear weights at 1/4 and 5/4 are 7/8 and 1/8. One row of two: the same weights.
			"derivatives": 3 * ((1+8)*7/8. + (2+16)/8. + 7 + 14/2.),
		} {
			psi, err := NewPsi(name, nil)
			if err != nil {
				return err
			}
			checkNear(t, string(name), s.Item(LossReg(s, Weighted(psi, w), x, zero, 1, 0, 1)), want)
		}
		// Two patches with logits (0.5, -1), which count 1 and 0.25.
		logits := s.From([]float32{0.5, 0.5, -1, -1}, cgo.CPU, 1, 2, 1, 2)
		patches := s.From([]float32{1, 0.25}, cgo.CPU, 1, 1, 1, 2)
		checkNear(t, "l_real", s.Item(LossReal(s, logits, patches, 1)), 1.25*math.Log(1+math.Exp(-1.5)))
		nll := math.Log(1+math.Exp(1.5)) + math.Log(1+math.Exp(-1.5))
		checkNear(t, "L_D", s.Item(LossD(s, logits, logits, patches, 1)), 1.25*nll)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// With the global loss every patch has the mean of its image's logits, so the loss is that of one decision per image,
// once per patch.
// l_label is the distance of the labels, in standard deviations, root mean square over the labels, averaged over the
// images, once per patch. It does not depend on the batch.
func TestLossLabel(t *testing.T) {
	start(t)
	err := cgo.Within(func(s *cgo.Scope) error {
		refined := s.From([]float32{1, 5, 2, 2}, cgo.CPU, 2, 2)
		synthetic := s.From([]float32{4, 1, 2, 2}, cgo.CPU, 2, 2)
		checkNear(t, "l_label", s.Item(LossLabel(s, refined, synthetic, 0.5, 2, 10, 2)), 0.5*10*(5/math.Sqrt2+0)/2)
		twice := func(x cgo.Tensor) cgo.Tensor { return s.Cat(0, x, x) }
		four := LossLabel(s, twice(refined), twice(synthetic), 0.5, 2, 10, 4)
		checkNear(t, "l_label of 4", s.Item(four), 2.5*5/math.Sqrt2)
		return s.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// l_div compares the means of squares of two refined versions: a level counts, grain within the squares does not, and
// a pair that differs by much gains little more.
func TestLossDiversity(t *testing.T) {
	start(t)
	pair := func(s *cgo.Scope, second func(y, x int) float32) cgo.Tensor {
		const h, w = 14, 15 // squares of 2 x 2, the last column left out
		values := make([]float32, 2*h*w)
		for i := range h * w {
			values[h*w+i] = second(i/w, i%w)
		}
		return s.From(values, cgo.CPU, 2, 1, h, w)
	}
	err := cgo.Within(func(s *cgo.Scope) error {
		flat := func(level float32) cgo.Tensor { return pair(s, func(int, int) float32 { return level }) }
		want := func(d float64) float64 { return -0.6 * 10 * 0.3 * (1 - math.Exp(-d/0.3)) }
		checkNear(t, "a level", s.Item(LossDiversity(s, flat(0.2), 0.6, 10)), want(0.2))
		checkNear(t, "a large level", s.Item(LossDiversity(s, flat(-2), 0.6, 10)), want(2))
		grain := pair(s, func(y, x int) float32 { return float32(1 - 2*((y+x)%2)) })
		checkNear(t, "grain", s.Item(LossDiversity(s, grain, 0.6, 10)), 0)
		half := pair(s, func(y, _ int) float32 {
			if y < 7 { // the middle squares have one row of it
				return 0.2
			}
			return 0
		})
		checkNear(t, "the upper half", s.Item(LossDiversity(s, half, 0.6, 10)), (3*want(0.2)+want(0.1))/7)
		return s.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestGlobalLoss(t *testing.T) {
	start(t)
	d, err := NewDiscriminator(architecture.Discriminator{Layers: "gaze", Width: 0.1, Loss: architecture.GlobalLoss}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = cgo.Within(func(s *cgo.Scope) error {
		// Two images with two patches: odds of "real" of 1 and 3, so 2; and of -1 and -1.
		logits := s.From([]float32{1, 3, 0, 0, -1, -1, 0, 0}, cgo.CPU, 2, 2, 1, 2)
		want := 2 * (math.Log(1+math.Exp(-2)) + math.Log(1+math.Exp(1))) / 2
		checkNear(t, "l_real", s.Item(LossReal(s, d.Decide(s, logits), cgo.Tensor{}, 2)), want)
		x := s.Zeros(cgo.Float32, cgo.CPU, 3, 1, 35, 55)
		shape := s.Shape(d.Forward(s, x, true))
		if len(shape) != 4 || shape[0] != 3 || shape[1] != 2 || shape[2] != 9 || shape[3] != 14 {
			t.Errorf("logits are %v, want (3, 2, 9, 14)", shape)
		}
		return s.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}
