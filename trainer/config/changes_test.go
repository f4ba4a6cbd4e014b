package config

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"simgan/internal/exit"
)

func TestChangesNameKeysAndValues(t *testing.T) {
	from, err := Load("gaze-demo", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	to, err := Load("gaze-demo", "", []string{"train.batch=4", "refiner.noise.kind=pixel", "data.test=", "train.ema=0"})
	if err != nil {
		t.Fatal(err)
	}
	to.Data.Test = ""
	changes, err := Changes(from, to)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, c.String())
	}
	want := []string{
		"data.test simulated:eyes,domain=real,n=1000,seed=3 -> \"\"", "refiner.noise.kind multiscale -> pixel",
		"train.batch 32 -> 4", "train.ema 0.995 -> 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("changes are %q, want %q", got, want)
	}
	if same, err := Changes(from, from); err != nil || len(same) != 0 {
		t.Errorf("a config differs from itself: %v, %v", same, err)
	}
}

// Every key that a checkpoint depends on is refused by name; others pass.
func TestCheckResumeRefusesWhatCheckpointsHold(t *testing.T) {
	changes := []Change{
		{"refiner.width", "8", "16"}, {"train.batch", "8", "4"}, {"discriminator.layers", "gaze", "hand"},
		{"train.optimizer", "adam", "sgd"}, {"train.ema", "0", "0.9"},
	}
	err := CheckResume(changes)
	for _, key := range []string{"refiner.width 8 -> 16", "discriminator.layers", "train.optimizer", "train.ema"} {
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), key) {
			t.Errorf("the error does not name %s: %v", key, err)
		}
	}
	if strings.Contains(err.Error(), "train.batch") {
		t.Errorf("a change that can be is refused: %v", err)
	}
	if err := CheckResume([]Change{{"train.ema", "0.9", "0"}, {"seed", "1", "2"}, {"train.history", "8", "16"}}); err != nil {
		t.Error(err)
	}
}
