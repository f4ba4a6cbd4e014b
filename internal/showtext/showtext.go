// Package showtext makes text from files and users safe to show: a control character in a file's name could move a
// terminal's cursor, change its title, or hide a line of a log.
package showtext

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns the text with everything that is not shown as itself written as an escape: control characters, marks
// that reverse the direction of writing, and bytes that are not UTF-8. Line breaks and tabs stay.
func Clean(text string) string {
	if strings.IndexFunc(text, hidden) < 0 && utf8.ValidString(text) {
		return text
	}
	var out strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)):
			fmt.Fprintf(&out, `\x%02x`, text[i])
		case hidden(r) && r < 0x80:
			fmt.Fprintf(&out, `\x%02x`, r)
		case hidden(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// Line is Clean for text that must stay on one line.
func Line(text string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(Clean(text))
}

// hidden reports whether a character acts on what shows it.
func hidden(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) ||
		r == '\u2028' || r == '\u2029')
}

// Writer returns a writer that passes on Clean of each text written. A text must not end within a character.
func Writer(out io.Writer) io.Writer { return writer{out} }

type writer struct{ io.Writer }

// Write writes Clean of the text.
func (w writer) Write(text []byte) (int, error) {
	if _, err := io.WriteString(w.Writer, Clean(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
