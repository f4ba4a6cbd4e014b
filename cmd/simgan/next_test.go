package main

import (
	"os"
	"slices"
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
