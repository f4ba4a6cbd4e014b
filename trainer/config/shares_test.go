package config

import (
	"errors"
	"strings"
	"testing"

	"simgan/internal/exit"
)

func TestShareOf(t *testing.T) {
	c := Default()
	c.Train.Batch, c.Train.History = 64, 1000
	for n, want := range map[int][2]int{1: {64, 1000}, 2: {32, 500}, 4: {16, 250}, 32: {2, 31}} {
		got, err := c.ShareOf(n)
		if err != nil || got.Train.Batch != want[0] || int(got.Train.History) != want[1] {
			t.Errorf("%d processes: batch %d, history %d, %v, want %v", n, got.Train.Batch, got.Train.History, err, want)
		}
	}
	for n, want := range map[int]string{3: "use a multiple of 6, as 60", 64: "use a multiple of 128, as 128"} {
		if _, err := c.ShareOf(n); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%d processes: %v does not say %s", n, err, want)
		}
	}
	c.Train.History = 0
	if _, err := c.ShareOf(64); err == nil {
		t.Error("one image per process, of which l_div needs two versions")
	}
	c.Train.Diversity = 0
	if got, err := c.ShareOf(64); err != nil || got.Train.Batch != 1 || got.Train.History != 0 {
		t.Errorf("without history and l_div: batch %d, %v", got.Train.Batch, err)
	}
}
