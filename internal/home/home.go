// Package home expands ~ where no shell does: in a SPEC, in a config, after --flag=.
package home

import (
	"os"
	"strings"
)

// Expand replaces a leading ~ or ~/ by the user's home folder. Without a home, and for the home of others (~name), the
// path stays as it is.
func Expand(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && rest[0] != '/' {
		return path
	}
	folder, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return folder + rest
}
