// Package atomicfile writes files under a temporary name beside their target and renames them. The temporary file lies
// in the target's folder, not in $TMPDIR: so it has the folder's group and access list, the rename never crosses
// folders, and no other folder is littered if the process is killed.
package atomicfile

import (
	"path/filepath"
	"regexp"

	"github.com/google/renameio/v2"
)

const permissions = 0o644

// Write writes the whole file.
func Write(path string, content []byte) error {
	return renameio.WriteFile(path, content, permissions, renameio.WithTempDir(filepath.Dir(path)))
}

// Create opens a file for writing. The caller ends with CloseAtomicallyReplace, or with Cleanup, which removes it.
func Create(path string) (*renameio.PendingFile, error) {
	return renameio.NewPendingFile(path, renameio.WithPermissions(permissions), renameio.WithTempDir(filepath.Dir(path)))
}

// leftover matches the name of a temporary file: a dot, the target's name and a number.
var leftover = regexp.MustCompile(`^\.(.+?)\d+$`)

// Target returns the name of the file that a temporary file of this name was to become. ok is false for other names.
func Target(name string) (target string, ok bool) {
	if found := leftover.FindStringSubmatch(name); found != nil {
		return found[1], true
	}
	return "", false
}
