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
