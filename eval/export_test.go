package eval

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// exportWithoutData exports a run whose images are gone. Only an example needs them.
func exportWithoutData(t *testing.T, run, synthetic string) {
	t.Helper()
	path := filepath.Join(run, "config.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	moved := strings.Replace(string(text), synthetic, "folder:/gone", 1)
	if moved == string(text) {
		t.Fatalf("%s does not name %s", path, synthetic)
	}
	if err := os.WriteFile(path, []byte(moved), 0o644); err != nil {
		t.Fatal(err)
	}
	o := ExportOptions{Run: run, ONNX: filepath.Join(t.TempDir(), "refiner.onnx")}
	if err := ExportONNX(t.Context(), o); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(o.ONNX); err != nil || info.Size() == 0 {
		t.Errorf("no model was written: %v", err)
	}
	if err := ExportONNX(t.Context(), o); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a model over another one: %v", err)
	}
	o.ONNX = filepath.Join(t.TempDir(), "nowhere", "refiner.onnx")
	if err := ExportONNX(t.Context(), o); err == nil || !strings.Contains(err.Error(), "make it first") {
		t.Errorf("a model in a folder that is not there: %v", err)
	}
	o.ONNX = filepath.Join(t.TempDir(), "refiner.onnx")
	o.Example = filepath.Join(t.TempDir(), "example.safetensors")
	if err := ExportONNX(t.Context(), o); err == nil || !strings.Contains(err.Error(), "--example: data.synthetic: ") {
		t.Errorf("an example of images that are gone: %v", err)
	}
}
