package data

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// hidden reports whether readers pass a file or folder over. macOS leaves ._NAME beside each NAME on foreign disks.
func hidden(name string) bool { return strings.HasPrefix(name, ".") }

// filesBelow lists the files below root by relative path, with slashes, sorted. Hidden ones are passed over. Links are
// followed, because data sets on clusters are mostly linked from other disks; a link to a folder that holds the link is
// passed over. A link to nothing is listed: the reader of the file reports it.
func filesBelow(root string) ([]string, error) {
	var names []string
	var walk func(folder string, above []fs.FileInfo) error
	walk = func(folder string, above []fs.FileInfo) error {
		here, err := os.Stat(filepath.Join(root, folder))
		if err != nil {
			return err
		}
		if slices.ContainsFunc(above, func(f fs.FileInfo) bool { return os.SameFile(f, here) }) {
			return nil
		}
		entries, err := os.ReadDir(filepath.Join(root, folder))
		if err != nil {
			return err
		}
		for _, e := range entries {
			name := path.Join(folder, e.Name())
			switch {
			case hidden(e.Name()):
			case isFolder(filepath.Join(root, name), e):
				if err := walk(name, append(above[:len(above):len(above)], here)); err != nil {
					return err
				}
			default:
				names = append(names, name)
			}
		}
		return nil
	}
	err := walk("", nil)
	slices.Sort(names)
	return names, err
}

// isFolder reports whether an entry is a folder, or a link to one.
func isFolder(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	target, err := os.Stat(path)
	return err == nil && target.IsDir()
}
