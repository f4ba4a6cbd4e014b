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

// 100 million images of 35 x 55 are 49 TB in a feature map of width 64.
func TestBatchMustFit(t *testing.T) {
	c := config.Default()
	info := data.Info{C: 1, H: 35, W: 55, Bits: 8}
	if err := checkBatchFits(c, info, cgo.CPU); err != nil {
		t.Errorf("the default: %v", err)
	}
	wide := c
	wide.Refiner.Width = 9_000_000_000_000_000
	if err := checkBatchFits(wide, info, cgo.CPU); !errors.Is(err, exit.ErrUsage) {
		t.Errorf("width %d: %v", wide.Refiner.Width, err)
	}
	for _, batch := range []int{100_000_000, 1 << 62} {
		c.Train.Batch = batch
		if err := checkBatchFits(c, info, cgo.CPU); !errors.Is(err, exit.ErrUsage) ||
			!strings.Contains(err.Error(), "lower train.batch") {
			t.Errorf("%d: %v", batch, err)
		}
	}
}

// A trillion images are 8 PB.
func TestHistoryMustFit(t *testing.T) {
	c := tinyrun.Config(t, "train.history=1000000000000", "train.steps=1000000000000")
	m, err := NewModel(c, data.Info{C: 1, H: 35, W: 55, Bits: 8}, Options{})
	if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "lower train.history") {
		t.Errorf("%v", err)
	}
	m.Close()
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
