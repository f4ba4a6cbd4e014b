package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzReport writes the page of a run with any metrics, eval.json and provenance.json. Either the error names the run,
// or the page is whole and holds no script of theirs.
func FuzzReport(f *testing.F) {
	f.Add(metrics, `{"synthetic":{"mean_degrees":10,"ci95":[9,11],"within_7_degrees":0.3},"refined":{"mean_degrees":5}}`,
		processes(`"ended":null`))
	f.Add(`{"step":-1,"phase":"<script>alert</script>","L_R":1e308}`, `{"task":"hand","synthetic":{},"refined":{},"real":null}`,
		processes(`"ended":"2026-01-02T03:05:15Z","outcome":"guard","reason":"raise train."`))
	f.Add(`{"step":9223372036854775807,"phase":[],"L_R":{}}`, `{"synthetic":{"ci95":[]},"refined":{"mean_degrees":-1}}`,
		`{"processes":[{"work":"train","outcome":"done"},{"work":"eval"}]}`)
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte("data: {}\n"), 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, metrics, figures, origin string) {
		fill(t, dir, map[string]string{"metrics.jsonl": metrics, "eval.json": figures, "provenance.json": origin})
		path, err := Write(dir, Options{})
		if err != nil {
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("%v does not name the run", err)
			}
			return
		}
		page, err := os.ReadFile(path)
		if err != nil || !strings.HasSuffix(strings.TrimSpace(string(page)), "</html>") {
			t.Errorf("%s is not whole: %v", filepath.Base(path), err)
		}
		if strings.Contains(string(page), "<script>alert") {
			t.Errorf("the page holds %q", metrics)
		}
	})
}
