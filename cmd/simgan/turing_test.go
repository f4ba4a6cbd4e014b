package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A machine without xdg-open, or without a browser that it could open, is told so.
func TestOpenBrowser(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	check := func(want string) {
		t.Helper()
		if err := openBrowser("http://127.0.0.1/x/"); want == "" && err != nil ||
			want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	check("executable file not found")
	for script, want := range map[string]string{
		"exit 3": "exit status 3", `[ "$1" = http://127.0.0.1/x/ ]`: "",
	} {
		if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		check(want)
	}
}
