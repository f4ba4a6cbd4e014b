package data

import (
	"maps"
	"strings"
	"testing"
)

// A seed is any of 64 bits, and files in parameters may be in the user's home.
func TestSpecSeedsAndHome(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	s, err := ParseSpec("nyu:~/nyu,centres=~/c.txt,labels=~/l.mat")
	if want := "nyu:/home/me/nyu,centres=/home/me/c.txt,labels=/home/me/l.mat"; err != nil || s.String() != want {
		t.Errorf("%v, want %s: %v", s, want, err)
	}
	if ds, err := Open("simulated:eyes,n=1,seed=18446744073709551615"); err != nil || ds.Len() != 1 {
		t.Error(err)
	}
	for _, seed := range []string{"18446744073709551616", "-1", "x"} {
		_, err := Open("simulated:eyes,n=1,seed=" + seed)
		refused(t, seed, err, "seed="+seed+" is not an integer of 0 to 2^64 - 1")
	}
}

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
