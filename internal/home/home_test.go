package home

import "testing"

func TestExpand(t *testing.T) {
	t.Setenv("HOME", "/home/ann")
	for path, want := range map[string]string{
		"~": "/home/ann", "~/photos": "/home/ann/photos", "~bob/photos": "~bob/photos", "/a/~/b": "/a/~/b",
		"a~": "a~", "": "",
	} {
		if got := Expand(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	t.Setenv("HOME", "")
	if got := Expand("~/photos"); got != "~/photos" {
		t.Errorf("without a home: %q", got)
	}
}
