package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/exit"
)

// export and report take the checkpoint that --checkpoint names. eval labels writes its figures and its picture, and
// ends with 3 if labels moved by more than --limit.
func TestCheckpointsAndLimits(t *testing.T) {
	run := filepath.Join(t.TempDir(), `a "run" of it's own`)
	succeeds(t, append(append([]string{"train"}, tiny(t)...), "--run", run, "--set",
		"data.synthetic=simulated:eyes,n=12", "--set", "train.agreement=0")...)
	weights := map[string][]byte{}
	for _, checkpoint := range []string{"2", "latest", "4"} {
		out := filepath.Join(t.TempDir(), "refiner.onnx")
		succeeds(t, "export", "--run", run, "--checkpoint", checkpoint, "--onnx", out)
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		weights[checkpoint] = text
	}
	if bytes.Equal(weights["2"], weights["4"]) || !bytes.Equal(weights["latest"], weights["4"]) {
		t.Error("export does not take the checkpoint that it is told")
	}
	succeeds(t, "report", "--run", run, "--checkpoint", "2", "--gallery", "3")
	page, err := os.ReadFile(filepath.Join(run, "report.html"))
	if row := "<tr><td>2</td>"; err != nil || !strings.Contains(string(page), row) ||
		!strings.Contains(strings.SplitN(strings.SplitN(string(page), row, 2)[1], "</tr>", 2)[0], "(in the gallery)") {
		t.Errorf("%v: the gallery is not of checkpoint 2", err)
	}
	for limit, want := range map[string]int{"1e-9": exit.Guard, "1000": 0} {
		code, text := simgan("eval", "labels", "--run", run, "--n", "6", "--limit", limit)
		if code != want {
			t.Errorf("limit %s: exit code %d: %s", limit, code, text)
		}
		for _, name := range []string{"labels.json", "labels-worst.png"} {
			if err := os.Remove(filepath.Join(run, name)); err != nil {
				t.Error(err)
			}
		}
	}
}
