package sweep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzSweepFile loads any file. Either the error names the file, or all trials can be drawn and printed.
func FuzzSweepFile(f *testing.F) {
	f.Add(trialText)
	f.Add("parameters: {train.psi: {choices: [identity, mean]}}\nmethod: grid\n" +
		"objective: {metric: l_reg, direction: maximise}\n")
	f.Add("parameters: {train.k_g: {int: [1, 4], points: 2}}\nmethod: tpe\ntrials: 9\nearly_stopping: {first: 50, eta: 2}\n")
	path := filepath.Join(f.TempDir(), "s.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Load(path, filepath.Join(filepath.Dir(path), "out"))
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("%v does not name the file", err)
			}
			return
		}
		if s.Trials < 1 || s.Trials > mostTrials || len(s.draw(s.Trials-1)) != len(s.Parameters) {
			t.Errorf("%d trials of %d parameters", s.Trials, len(s.Parameters))
		}
		if lines, err := s.Commands("simgan"); err == nil && strings.Count(strings.Join(lines, "\n"), "\n") != s.Trials-1 {
			t.Errorf("%d trials are printed as %q", s.Trials, lines)
		}
	})
}

// FuzzTrial reads any trial.json. One that is accepted has what the sweep relies on.
func FuzzTrial(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "s.yaml")
	if err := os.WriteFile(path, []byte(trialText), 0o644); err != nil {
		f.Fatal(err)
	}
	s, err := Load(path, filepath.Join(dir, "out"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`{"number":1,"settings":[{"key":"train.lambda","value":"0.5"}],"status":"stopped","rungs":[{"step":4,"value":1}]}`)
	f.Add(`{"number":1,"status":"done","value":1e999}`)
	trial := filepath.Join(s.folder(1), "trial.json")
	if err := os.MkdirAll(s.folder(1), 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(trial, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := s.load(1)
		switch {
		case err != nil && !strings.Contains(err.Error(), trial):
			t.Errorf("%v does not name the file", err)
		case err == nil && (got.Number != 1 || got.Status == Stopped && len(got.Rungs) == 0 ||
			got.Status == Done && got.Value == nil || len(got.Settings) != 1):
			t.Errorf("accepted as %+v", got)
		}
	})
}

// FuzzEvaluation reads a field of any eval.json.
func FuzzEvaluation(f *testing.F) {
	f.Add(`{"refined":{"mean_degrees":7.5,"ci95":[7,8]}}`, "refined.mean_degrees")
	f.Add(`{"refined":{"ci95":[7,8]}}`, "refined.ci95.-1")
	path := filepath.Join(f.TempDir(), "eval.json")
	f.Fuzz(func(t *testing.T, text, field string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if v, err := readField(path, field); err == nil && v-v != 0 {
			t.Errorf("%q of %q is %g", field, text, v)
		}
	})
}
