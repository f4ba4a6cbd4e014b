package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	for hash, want := range map[string]string{
		"": "simgan " + release + ", ", "855be02": "simgan " + release + " (855be02), ",
	} {
		commit = hash
		var out, problems bytes.Buffer
		code := run([]string{"simgan", "version"}, &out, &problems)
		commit = ""
		if code != 0 || !strings.HasPrefix(out.String(), want) || !strings.Contains(out.String(), "libtorch 2.") {
			t.Errorf("exit code %d: %q does not begin with %q: %s", code, out.String(), want, problems.String())
		}
	}
}

// The release is the newest that CHANGELOG.md describes.
func TestReleaseIsTheChangelogs(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d$`).FindSubmatch(text)
	if newest == nil || string(newest[1]) != release {
		t.Errorf("simgan is %s; the newest release in CHANGELOG.md is %q", release, newest)
	}
}
