package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The next command takes over the flags that were given, not the defaults, and writes into a new folder.
func TestNextTakesFlagsOver(t *testing.T) {
	got := given("--device", "auto", "--checkpoint", "0", "--skip-bad", "", "--device", "cpu", "--checkpoint", "latest")
	if want := []string{"--checkpoint", "0", "--device", "cpu"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	t.Chdir(t.TempDir())
	for _, want := range []string{"new", "new-2", "new-3"} {
		got := unused("new")
		if err := os.Mkdir(got, 0o755); got != want || err != nil {
			t.Errorf("%s, want %s; %v", got, want, err)
		}
	}
}

// Figures of images that are not of a run have no page to name.
func TestEvalWithoutARunEndsWell(t *testing.T) {
	file := filepath.Join(t.TempDir(), "figures.json")
	code, text := simgan("eval", "realism", "--synthetic", "simulated:eyes,n=16", "--real",
		"simulated:eyes,domain=real,n=32", "--only", "synthetic", "--batch", "4", "--steps", "1", "--device", "cpu",
		"--json", file)
	if code != 0 || !strings.HasSuffix(text, "written to "+file+"\n") {
		t.Errorf("exit code %d\n%s", code, text)
	}
}
