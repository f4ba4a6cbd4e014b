package simgan

import (
	"errors"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/trainer/config"
)

// The default fits; sizes that no machine has are refused before they are taken, and the message says which to lower.
func TestSizesMustFit(t *testing.T) {
	info := data.Info{C: 1, H: 35, W: 55, Bits: 8}
	if err := checkFits(config.Default(), info, cgo.CPU); err != nil {
		t.Errorf("the default: %v", err)
	}
	for key, change := range map[string]func(*config.Config){
		"train.batch":   func(c *config.Config) { c.Train.Batch = 100_000_000 }, // 49 TB in a map of width 64
		"refiner.width": func(c *config.Config) { c.Refiner.Width, c.Refiner.Blocks = 4096, 1000 },
		"train.history": func(c *config.Config) { c.Train.History = 1 << 30 }, // 8 TB
	} {
		c := config.Default()
		change(&c)
		err := checkFits(c, info, cgo.CPU)
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "lower "+key) {
			t.Errorf("%s: %v", key, err)
		}
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
