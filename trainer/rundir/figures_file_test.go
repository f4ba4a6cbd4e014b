package rundir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Figures of another task, or of other labels, take no figures' place; those of the same task and labels do.
func TestWriteFigures(t *testing.T) {
	type figures struct {
		Task   string   `json:"task"`
		Labels []string `json:"labels,omitempty"`
		Value  int      `json:"value"`
	}
	dir := t.TempDir()
	path := filepath.Join(dir, EvalFile)
	if err := os.WriteFile(path, []byte(`{"value": 0}`), 0o644); err != nil { // of gaze, by an old release
		t.Fatal(err)
	}
	for i, step := range []struct {
		figures figures
		kept    string
	}{
		{figures{"gaze", nil, 1}, ""},
		{figures{"regression", []string{"x"}, 2}, "eval-gaze.json"},
		{figures{"regression", []string{"y mm/s", "z"}, 3}, "eval-regression-x.json"},
		{figures{"gaze", nil, 4}, "eval-regression-y-mm-s-z.json"},
	} {
		kept, err := WriteFigures(path, step.figures)
		if err != nil || kept != "" && kept != filepath.Join(dir, step.kept) || kept == "" && step.kept != "" {
			t.Errorf("step %d: kept %q, %v; want %q", i, kept, err, step.kept)
		}
	}
	names, err := KeptFigures(dir)
	if err != nil || len(names) != 2 { // the gaze's were replaced
		t.Errorf("kept %v, %v", names, err)
	}
	for name, want := range map[string]string{
		EvalFile: `"value": 4`, "eval-regression-x.json": `"value": 2`, "eval-regression-y-mm-s-z.json": `"value": 3`,
	} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %s, %v; want %s", name, text, err, want)
		}
	}
	if kept, err := WriteFigures("", figures{}); kept != "" || err != nil {
		t.Errorf("without a path: %q, %v", kept, err)
	}
}
