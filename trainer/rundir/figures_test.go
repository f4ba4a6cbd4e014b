package rundir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The figures are in an events file of their own, under the keys on the way to them; lists are left out.
func TestFiguresAreShown(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, checkpointsFolder, stepName(300)), 0o755); err != nil {
		t.Fatal(err)
	}
	result := map[string]any{"task": "gaze", "refined": map[string]any{"mean": 5.5, "ci95": []float64{4, 7}}}
	if err := ShowFigures(dir, "eval", result); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d events files, %v", len(files), err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil || !strings.Contains(string(text), "eval/refined/mean") || strings.Contains(string(text), "ci95") {
		t.Errorf("the events are %q, %v", text, err)
	}
	if step, err := latestStep(dir); step != 300 || err != nil {
		t.Errorf("the newest step is %d, %v", step, err)
	}
}
