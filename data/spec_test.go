package data

import (
	"maps"
	"strings"
	"testing"
)

// A path may hold commas and equals signs. What looks like a key, mistyped or not, is a parameter.
func TestSpecPaths(t *testing.T) {
	var ascii strings.Builder
	for c := rune(' '); c <= '~'; c++ {
		ascii.WriteRune(c)
	}
	for text, want := range map[string]Spec{
		"folder:" + ascii.String():  {"folder", ascii.String(), nil},
		"folder:a,b,n=2":            {"folder", "a,b", map[string]string{"n": "2"}},
		"folder:lr=0.1,b1-b2=3,c.d": {"folder", "lr=0.1,b1-b2=3,c.d", nil},
		"folder:a,/b=c,n=1,grye=x":  {"folder", "a,/b=c", map[string]string{"n": "1", "grye": "x"}},
		"folder:a,=b":               {"folder", "a,=b", nil},
	} {
		got, err := ParseSpec(text)
		if err != nil || got.Kind != want.Kind || got.Path != want.Path || !maps.Equal(got.Params, want.Params) {
			t.Errorf("%q is %q, %v: %v", text, got.Path, got.Params, err)
		}
	}
	if _, err := ParseSpec("folder:a,n=1,b"); err == nil || !strings.Contains(err.Error(), `"b" is not key=value`) {
		t.Errorf("a path after a parameter: %v", err)
	}
}
