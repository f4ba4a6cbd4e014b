package rundir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzMetrics reads any metrics.jsonl. Every record that is read is an object.
func FuzzMetrics(f *testing.F) {
	f.Add("{\"step\":1,\"phase\":\"train\",\"l_reg\":0.5}\n{\"st")
	f.Add("null\n[]\n{}\n")
	path := filepath.Join(f.TempDir(), MetricsFile)
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		records, cut, err := ReadMetrics(path)
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("%v does not name the file", err)
		}
		for _, r := range records {
			if r == nil {
				t.Errorf("a record of %q is no object", text)
			}
		}
		if cut > strings.Count(text, "\n")+1 {
			t.Errorf("line %d of %q", cut, text)
		}
	})
}
