package showtext

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"müller.png\n\t":        "müller.png\n\t",
		"\x1b]0;pwned\a\x1b[3m": `\x1b]0;pwned\x07\x1b[3m`,
		"a\rb\x00\x7f":          `a\x0db\x00\x7f`,
		"\u0085\u009b31m":       `\u0085\u009b31m`,
		"a\u202egnp.exe":        `a\u202egnp.exe`,
		"\xff\ufffd":            `\xff` + "\ufffd",
		"\u2028x":               `\u2028x`,
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := Line("a\n\tb\x1b"); got != `a\n\tb\x1b` {
		t.Errorf("%q", got)
	}
}

// Whatever bytes are written, the terminal sees UTF-8 without control characters.
func TestNothingIsHidden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.Byte()).Draw(t, "text")
		var out strings.Builder
		n, err := Writer(&out).Write(text)
		got := out.String()
		if n != len(text) || err != nil || !utf8.ValidString(got) || strings.IndexFunc(got, hidden) >= 0 {
			t.Fatalf("%q: %q, %d, %v", text, got, n, err)
		}
	})
}
