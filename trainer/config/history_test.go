package config

import (
	"errors"
	"strings"
	"testing"

	"simgan/internal/exit"
)

// auto is the paper's 100 batches, ten versions of each image of a small set, and never less than a step of D draws.
func TestHistoryFollowsBatchAndDataSet(t *testing.T) {
	for _, c := range []struct {
		history  History
		batch, n int
		want     History
	}{
		{HistoryAuto, 64, 20000, 6400},
		{HistoryAuto, 512, 1_200_000, 51200},
		{HistoryAuto, 8, 60, 600},
		{HistoryAuto, 500, 60, 600},
		{HistoryAuto, 500, 6, 250},
		{HistoryAuto, 1 << 61, 1 << 50, 1 << 60},
		{24, 8, 60, 24},
		{0, 8, 60, 0},
	} {
		train := Train{Batch: c.batch, History: c.history}
		if train.ResolveHistory(c.n); train.History != c.want {
			t.Errorf("%+v: %d", c, train.History)
		}
	}
}

func TestHistoryIsAutoOrANumber(t *testing.T) {
	for setting, want := range map[string]History{"auto": HistoryAuto, "0": 0, "640": 640} {
		c, err := Load("", "", []string{"train.history=" + setting})
		text, _ := c.YAML()
		if err != nil || c.Train.History != want || !strings.Contains(string(text), "  history: "+setting) {
			t.Errorf("%s: %d, %v", setting, c.Train.History, err)
		}
	}
	for _, bad := range []string{"-1", "3", "many", "on"} {
		if _, err := Load("", "", []string{"train.history=" + bad}); !errors.Is(err, exit.ErrUsage) ||
			!strings.Contains(err.Error(), "train.history") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if c, err := Load("", "", []string{"train.batch=512"}); err != nil || c.Train.History != HistoryAuto {
		t.Errorf("a large batch needs no train.history: %v", err)
	}
}
