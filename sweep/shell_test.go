package sweep

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// hostile draws text that a shell, a comment or YAML could take for its own. Mostly it has no control characters, which
// sweeps refuse.
func hostile(t *rapid.T, what string) string {
	parts := rapid.SampledFrom([]string{
		"'", `"`, "`touch canary`", "$(touch canary)", "; touch canary; ", "&& touch canary ", "| touch canary", "> canary",
		`\`, "#", "%", "{{", "- touch", "-", "*", "~", "$IFS", " ", ": ", "&a", "!", "|", ">", "a", "/", "=", ",", "\u00e4",
	})
	if rapid.IntRange(0, 19).Draw(t, what+" is wild") == 0 {
		parts = rapid.OneOf(
			rapid.SampledFrom([]string{"\ntouch canary\n", "\r", "\x00", "\u2028", "\u0085", "\ntouch canary #"}),
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 6), func(b []byte) string { return string(b) }))
	}
	return strings.Join(rapid.SliceOfN(parts, 0, 5).Draw(t, what), "")
}

// Whatever text a sweep's file and its path hold, running what is printed starts nothing but simgan. A file named
// canary would be there if another command ran.
func TestPrintedCommandsRunOnlySimgan(t *testing.T) {
	dir := t.TempDir()
	sandbox := filepath.Join(dir, "sandbox")
	if err := os.Mkdir(sandbox, 0o755); err != nil {
		t.Fatal(err)
	}
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		file := map[string]any{
			"dir":        hostile(t, "dir"),
			"settings":   []string{"data.synthetic=folder:renders", "data.real=folder:" + hostile(t, "setting")},
			"parameters": map[string]any{"data.synthetic": map[string]any{"choices": []string{"folder:" + hostile(t, "choice")}}},
			"trials":     1, "objective": map[string]any{"metric": "l_reg", "direction": "minimise"},
		}
		text, err := yaml.Marshal(file)
		if err != nil {
			t.Skip(err)
		}
		name := strings.NewReplacer("/", "", "\x00", "").Replace(hostile(t, "name"))
		path := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Skip(err)
		}
		defer os.Remove(path)
		s, err := Load(path, "")
		if err != nil {
			return // refused
		}
		accepted++
		lines, err := s.Commands("true")
		if err != nil {
			t.Fatal(err)
		}
		script, err := s.Slurm("true")
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := s.Kubernetes("image", "claim")
		if err != nil {
			t.Fatal(err)
		}
		for _, shell := range append(lines, script) {
			run := exec.Command("sh", "-c", shell)
			run.Dir = sandbox
			run.Env = []string{"PATH=" + os.Getenv("PATH"), "SLURM_SUBMIT_DIR=" + sandbox, "SLURM_ARRAY_TASK_ID=0"}
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%q: %v: %s", shell, err, out)
			}
		}
		for document := range strings.SplitSeq(string(manifest), "\n---\n") {
			var object map[string]any
			if err := yaml.Unmarshal([]byte(document), &object); err != nil || object["kind"] == nil {
				t.Fatalf("%q: %v, %v", document, object, err)
			}
		}
		if entries, err := os.ReadDir(sandbox); err != nil || len(entries) > 0 {
			t.Fatalf("%q left %v, %v", file, entries, err)
		}
	})
	if t.Logf("%d sweeps were accepted and run", accepted); accepted < 10 {
		t.Error("that is too few to say anything")
	}
}
