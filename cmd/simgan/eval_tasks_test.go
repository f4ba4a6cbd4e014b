package main

import (
	"slices"
	"strings"
	"testing"

	"simgan/internal/exit"
)

func TestColumns(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    nil,
		"x":                   {"x"},
		"x, y":                {"x", "y"},
		`"centre, px",it's b`: {"centre, px", "it's b"},
		`"say ""a""",5" disk`: {`say "a"`, `5" disk`},
	} {
		if got, err := columns(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"x,,y", ",", "x\ny"} {
		if got, err := columns(text); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// What cannot be is refused before any work.
func TestTasksRefuseUsage(t *testing.T) {
	for line, want := range map[string]string{
		"eval regression --run r --labels a,,b --json x.json": "column names with commas",
		"eval regression --run r --error angel --json x.json": "--error is",
		"eval external --run r":                               "needs --train",
		"eval external --run r --train t --steps 3":           "steps",
		"eval external --run r --train t --timeout 3":         "timeout",
	} {
		if code, text := simgan(strings.Fields(line)...); code != exit.Usage || !strings.Contains(text, want) {
			t.Errorf("%s: exit code %d, %s", line, code, text)
		}
	}
}
