package main

import (
	"os"
	"strings"
	"testing"
)

// The page in docs/ is fresh and has every key.
func TestConfigPageIsFresh(t *testing.T) {
	want, err := document("../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/config.md is stale: run make docs")
	}
	for _, key := range []string{
		"`seed`", "`train.lambda` | `0.06`", "`refiner.noise.grid`", "`guard.patience`", "### hand-paper",
	} {
		if !strings.Contains(want, key) {
			t.Errorf("the page lacks %s", key)
		}
	}
}
