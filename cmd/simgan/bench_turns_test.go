package main

import (
	"io"
	"strings"
	"testing"
)

// Two contestants in three rounds, twice as fast in each: the last line counts, whatever is printed before it.
func TestTakeTurns(t *testing.T) {
	ours := &loaderTurns{Name: "simgan", Data: "a", Command: []string{"sh", "-c", `echo loading; echo '{"images_per_second": 20}'`}}
	theirs := &loaderTurns{Name: "PyTorch", Data: "a", Command: []string{"sh", "-c", `echo '{"images_per_second": 10}'`}}
	all := []*loaderTurns{ours, theirs}
	if err := takeTurns(t.Context(), all, 3, io.Discard, loaderSpeed); err != nil {
		t.Fatal(err)
	}
	if m := ours.median(loaderSpeed); len(ours.Turns) != 3 || m != 20 {
		t.Errorf("%d turns, median %v", len(ours.Turns), m)
	}
	if got := ours.beside(find(all, "PyTorch", "a"), loaderSpeed); got != "2.00 (2.00 to 2.00)" {
		t.Errorf("beside PyTorch: %s", got)
	}
	if got := ours.beside(find(all, "PyTorch", "b"), loaderSpeed); got != "" {
		t.Errorf("beside nothing: %s", got)
	}
}

// What a contestant says on its way out is in the error.
func TestTakeTurnsFails(t *testing.T) {
	for command, want := range map[string]string{"echo no torch >&2; exit 3": "no torch", "echo hello": "printed no JSON"} {
		all := []*contestant[trainTurn]{{Name: "simgan float32", Command: []string{"sh", "-c", command}}}
		err := takeTurns(t.Context(), all, 1, io.Discard, trainSpeed)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "simgan float32: ") {
			t.Errorf("%s: %v", command, err)
		}
	}
}
