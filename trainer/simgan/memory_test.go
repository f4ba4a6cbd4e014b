package simgan

import (
	"errors"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
)

// The default fits, and so does a history that the run never fills. Sizes that no machine has are refused before they
// are taken, and the message says which to lower.
func TestSizesMustFit(t *testing.T) {
	info := data.Info{C: 1, H: 35, W: 55, Bits: 8}
	for _, c := range []config.Config{config.Default(), tinyrun.Config(t, "train.history=1000000000")} {
		if err := checkFits(c, info, cgo.CPU); err != nil {
			t.Errorf("history %d: %v", c.Train.History, err)
		}
	}
	for key, change := range map[string]func(*config.Config){
		"train.batch":   func(c *config.Config) { c.Train.Batch = 100_000_000 }, // 6 TB in a map of width 8
		"refiner.width": func(c *config.Config) { c.Refiner.Width, c.Refiner.Blocks = 4096, 1000 },
		"train.history": func(c *config.Config) { c.Train.History, c.Train.Steps = 1_000_000_000, 1_000_000_000 }, // 8 TB
	} {
		c := tinyrun.Config(t)
		change(&c)
		m, err := NewModel(c, info, Options{})
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "lower "+key) {
			t.Errorf("%s: %v", key, err)
		}
		m.Close()
	}
}

// A checkpoint that could not be read again is refused before it is trained: 51,200 colour images of 224 x 224 are
// 29 GiB.
func TestHistoryMustFitItsFile(t *testing.T) {
	c := tinyrun.Config(t, "train.history=51200", "train.steps=1000000", "train.batch=512")
	err := checkFits(c, data.Info{C: 3, H: 224, W: 224, Bits: 8}, cgo.CPU)
	if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "would make a file of 29 GiB") {
		t.Error(err)
	}
}

// The config of tinyrun: 4 of its 8 images enter the history in each of 2 + 6 steps of D, so it is full with 24.
func TestNeedsAreThoseOfTheTensors(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	for settings, held := range map[string]int64{"train.steps=6": 24, "train.steps=1": 12} {
		m, err := NewModel(tinyrun.Config(t, settings), data.Info{C: 1, H: 35, W: 55, Bits: 8}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		n, r, d := m.Needs(), int64(models.Count(m.R.Params())), int64(models.Count(m.D.Params()))
		if n.History != 4*held*35*55 || n.Checkpoint != 4*(4*r+3*d)+n.History || n.Networks != 4*(5*r+4*d) {
			t.Errorf("%s, %d and %d parameters: %+v", settings, r, d, n)
		}
		m.Close()
	}
}

// Feature maps by hand, for images of 35x55 in batches of 8. R has 3 layers of width 8 and the last; D a quarter of the
// paper's maps, in 18x28 and 9x14; E's stages have 35x55, 17x27 and 8x13 before their pools. Maps count twice, with
// their gradients. E's of x have no gradients, and with l_div are of half of the batch.
func TestNeedsOfFeatureMaps(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	const (
		r     = (3*8 + 1) * 35 * 55
		d     = 24*18*28 + (16+16+8+8+2)*9*14
		wideD = 96*18*28 + (64+64+32+32+2)*9*14
		e     = 32*(35*55+17*27) + 64*(17*27+8*13) + 128*(8*13+4*6) + 256 + 3
	)
	for _, c := range []struct {
		settings string
		values   int64
	}{
		{"train.agreement=0", 2 * 8 * (r + d)},
		{"train.agreement=0 discriminator.width=1", 2 * 8 * 2 * wideD}, // of a step of D
		{"train.agreement=0.25", 2*8*(r+d+e) + 4*e},
		{"train.agreement=0.25 train.diversity=0", 2*8*(r+d+e) + 8*e},
		{"train.agreement=0.25 refiner.noise.kind=none", 2*8*(r+d+e) + 8*e},
	} {
		info := data.Info{C: 1, H: 35, W: 55, Bits: 8, LabelNames: []string{"x", "y", "z"}}
		m, err := NewModel(tinyrun.Config(t, strings.Fields(c.settings)...), info, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n := m.Needs(); n.Maps != 4*c.values {
			t.Errorf("%s: %d bytes, want %d", c.settings, n.Maps, 4*c.values)
		}
		m.Close()
	}
}

// R of 2 blocks of width 8 with 3 x 3 filters on a grey image has 72 + 2*2*576 weights, each there 5 times in float32.
func TestRefinerBytes(t *testing.T) {
	c := config.Config{}
	c.Refiner.Blocks, c.Refiner.Width, c.Refiner.Kernel, c.Refiner.BlockKernel = 2, 8, 3, 3
	if got := refinerBytes(c, data.Info{C: 1}); got != 20*(72+4*576) {
		t.Errorf("%g bytes", got)
	}
}
