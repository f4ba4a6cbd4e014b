package rundir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Figures of another task, or of other labels, take no figures' place; those of the same task and labels do. Files that
// are not ours stay.
func TestWriteFigures(t *testing.T) {
	type figures struct {
		Task   string   `json:"task"`
		Labels []string `json:"labels,omitempty"`
		Value  int      `json:"value"`
	}
	dir := filepath.Join(t.TempDir(), "run [a]*")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(EvalFile, `{"value": 0}`) // of gaze, by an old release
	write("eval-gaze.json", "my own")
	for i, step := range []struct {
		figures figures
		kept    string
	}{
		{figures{"gaze", nil, 1}, ""},
		{figures{"regression", []string{"x"}, 2}, "gaze.json"},
		{figures{"regression", []string{"y mm/s", "z"}, 3}, "regression-x.json"},
		{figures{"gaze", nil, 4}, "regression-y-mm-s-z-"},
		{figures{"regression", []string{"x", "y"}, 5}, "gaze.json"},
		{figures{"regression", []string{"x-y"}, 6}, "regression-x-y.json"},
	} {
		kept, err := WriteFigures(dir, step.figures)
		if err != nil || !strings.HasPrefix(kept, filepath.Join(dir, figuresFolder, step.kept)) && step.kept != "" ||
			step.kept == "" && kept != "" {
			t.Errorf("step %d: kept %q, %v; want %q", i, kept, err, step.kept)
		}
	}
	names, err := KeptFigures(dir)
	if err != nil || len(names) != 4 {
		t.Errorf("kept %v, %v", names, err)
	}
	for name, want := range map[string]string{
		EvalFile: `"value": 6`, "eval/gaze.json": `"value": 4`, "eval/regression-x.json": `"value": 2`,
		"eval/regression-x-y.json": `"value": 5`, "eval-gaze.json": "my own",
	} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %s, %v; want %s", name, text, err, want)
		}
	}
	if a, b := keptName([]byte(`{"labels":["`+strings.Repeat("a", 80)+`b"]}`)),
		keptName([]byte(`{"labels":["`+strings.Repeat("a", 80)+`c"]}`)); a == b || len(a) > 90 {
		t.Errorf("long labels: %s, %s", a, b)
	}
}
