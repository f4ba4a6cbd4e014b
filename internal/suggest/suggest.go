// Package suggest finds what a user may have meant by a word that is unknown.
package suggest

import (
	"fmt"
	"strings"
)

// Hint returns `; did you mean "x"?` with the choice that is most like the word, or "" if none is like it.
func Hint(word string, choices []string) string {
	if nearest := Nearest(word, choices); nearest != "" {
		return fmt.Sprintf("; did you mean %q?", nearest)
	}
	return ""
}

// Nearest returns the choice that is most like the word, or "" if none is like it: at most a third of its letters may
// be wrong, left out or too many. A choice that ends in a dot and the word counts as equal, and a word without a dot is
// also compared with the part of a choice after its last dot: keys may lack their section.
func Nearest(word string, choices []string) (nearest string) {
	best := len(word)/3 + 1
	for _, c := range choices {
		d := distance(strings.ToLower(word), strings.ToLower(c))
		if dot := strings.LastIndexByte(c, '.'); dot >= 0 && !strings.Contains(word, ".") {
			d = min(d, distance(strings.ToLower(word), strings.ToLower(c[dot+1:])))
		}
		if strings.HasSuffix(c, "."+word) {
			d = 0
		}
		if d < best || d == best && nearest == "" && d < len(word) {
			best, nearest = d, c
		}
	}
	return nearest
}

// distance is the number of letters to change, add, leave out or swap with the next one (optimal string alignment).
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		now := make([]int, len(b)+1)
		now[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			now[j+1] = min(change, last[j+1]+1, now[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				now[j+1] = min(now[j+1], before[j-1]+1)
			}
		}
		before, last = last, now
	}
	return last[len(b)]
}
