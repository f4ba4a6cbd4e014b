package sweep

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const trialText = "parameters: {train.lambda: {uniform: [0, 1]}}\ntrials: 3\n" +
	"objective: {metric: l_reg, direction: minimise}\n"

// Every field of trial.json is checked before a sweep goes on from it.
func TestTrialsOutOfRangeAreRefused(t *testing.T) {
	s, _ := fake(t, trialText)
	if err := s.newTrial(1, s.draw(1)).save(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.folder(1), "trial.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.load(1); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		key   string
		value any
		want  string
	}{
		"number":        {"number", 2, "number is 2"},
		"status":        {"status", "paused", `status is "paused"`},
		"done":          {"status", Done, "has no value"},
		"stopped":       {"status", Stopped, "rests at a rung, but has none"},
		"seconds":       {"seconds", -1, "seconds is -1"},
		"parameters":    {"settings", []Setting{}, "has 0 parameters, the sweep 1"},
		"key":           {"settings", []Setting{{"train.psi", "mean"}}, `parameter 0 is "train.psi"`},
		"line break":    {"settings", []Setting{{"train.lambda", "1\ntouch x"}}, "control character"},
		"rungs":         {"rungs", []Rung{{-1, 0}}, "rung 0 is at step -1"},
		"rungs go back": {"rungs", []Rung{{4, 0}, {2, 0}}, "rung 1 is at step 2"},
		"no object":     {"", nil, "cannot unmarshal"},
	} {
		fields := map[string]any{}
		if err := json.Unmarshal(whole, &fields); err != nil {
			t.Fatal(err)
		}
		fields[c.key] = c.value
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if c.key == "" {
			text = []byte("[1]")
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = s.load(1)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
