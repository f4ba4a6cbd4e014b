package rundir

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The figures are in an events file of their own, under the keys on the way to them; lists are left out.
func TestFiguresAreShown(t *testing.T) {
	dir := t.TempDir()
	for _, step := range []int{200, 300} {
		if err := os.MkdirAll(filepath.Join(dir, checkpointsFolder, stepName(step)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	result := map[string]any{"task": "gaze", "refined": map[string]any{"mean": 5.5, "ci95": []float64{4, 7}}}
	if err := ShowFigures(dir, "200", "eval", result); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "eval", "events.out.tfevents.*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d events files, %v", len(files), err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil || !strings.Contains(string(text), "eval/refined/mean") || strings.Contains(string(text), "ci95") {
		t.Errorf("the events are %q, %v", text, err)
	}
	if !bytes.Contains(text, []byte{0x10, 0xc8, 0x01}) { // field 2 of an event, its step: 200
		t.Error("the figures are not at step 200")
	}
}
