package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"simgan/trainer"
	"simgan/trainer/config/tinyrun"
)

// A run that nothing disturbed has no leftovers, locks are none, and half-written files are seen.
func TestLeftovers(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	if err := trainer.Run(t.Context(), tinyrun.Config(t), trainer.Options{Dir: run, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	if left := leftovers(run); left != nil {
		t.Errorf("a finished run left %v", left)
	}
	want := []string{".step-0000001", "log.txt.partial", "checkpoints/step-0000001.old"}
	for _, name := range append([]string{".provenance.lock"}, want...) {
		if err := os.WriteFile(filepath.Join(run, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if left := leftovers(run); !slices.Equal(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
}
