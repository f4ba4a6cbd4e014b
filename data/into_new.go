package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"simgan/internal/filelock"
)

// intoNew calls fill to write into the folder .OUT.unfinished beside out, then renames it to out. After an error
// nothing remains. If a process is killed, the next call removes what it left.
func intoNew(out string, fill func(dir string) error) (err error) {
	out, err = newFolder(out)
	if err != nil {
		return err
	}
	dir := beside(out, ".unfinished")
	lock, err := claim(dir)
	if err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir), lock.Unlock()) }()
	if err := fill(dir); err != nil {
		return err
	}
	return publish(dir, out, lock.Files()...)
}

// beside returns the path of the hidden folder .OUT+suffix in out's parent folder.
func beside(out, suffix string) string {
	out = filepath.Clean(out)
	return filepath.Join(filepath.Dir(out), "."+filepath.Base(out)+suffix)
}

// publish gives the finished folder dir the name out, after removing the marks, the files that mark it as unfinished.
func publish(dir, out string, marks ...string) error {
	for _, mark := range marks {
		if err := os.Remove(mark); err != nil {
			return err
		}
	}
	os.Remove(out) // an empty folder; if it is not empty, the rename fails
	return os.Rename(dir, out)
}

// lockName is the file that marks an unfinished folder as ours. It is the first file in the folder.
const lockName = ".lock"

// claim creates the folder or empties one that a killed process left, except for the lock. It refuses anything else
// under that name: a link, a file, or a folder without our mark may be somebody's data.
func claim(dir string) (*filelock.Lock, error) {
	if err := checkOurs(dir, lockName); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := filelock.Try(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("%s: another simgan is writing to it: %w", dir, err)
	}
	stale, err := os.ReadDir(dir)
	for _, entry := range stale {
		if path := filepath.Join(dir, entry.Name()); !slices.Contains(lock.Files(), path) {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return lock, nil
}

// checkOurs accepts a path where nothing is, an empty folder, and a folder that holds the file mark.
func checkOurs(dir, mark string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) == 0 {
			return err
		}
		if _, err := os.Lstat(filepath.Join(dir, mark)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s is in the way, and simgan did not make it: move it, or choose another output folder", dir)
}

// newFolder resolves symbolic links and returns the absolute path of out. It refuses a folder that is not empty, and an
// empty one that the finished folder could not replace.
func newFolder(out string) (string, error) {
	if err := needNew(out); err != nil {
		return "", err
	}
	place, err := filepath.EvalSymlinks(out)
	if errors.Is(err, fs.ErrNotExist) {
		return filepath.Abs(out)
	}
	if err == nil {
		place, err = filepath.Abs(place)
	}
	if err != nil {
		return "", fmt.Errorf("output folder: %w", err)
	}
	here, hereErr := os.Stat(".")
	there, thereErr := os.Stat(place)
	if err := errors.Join(hereErr, thereErr); err != nil {
		return "", fmt.Errorf("output folder: %w", err)
	}
	if os.SameFile(here, there) {
		return "", fmt.Errorf("output folder %s: is the current folder, which the finished one cannot replace; "+
			"name a folder below it", out)
	}
	return place, replaceable(place)
}

// replaceable refuses an empty folder that cannot be renamed: a mount point, or one whose parent is not writable.
func replaceable(empty string) error {
	aside := beside(empty, ".aside")
	if err := os.Rename(empty, aside); err != nil {
		return fmt.Errorf("output folder %s: the finished folder cannot replace it (is it a mount point?); "+
			"name a folder below it: %w", empty, err)
	}
	return os.Rename(aside, empty)
}

// needNew refuses an output folder that is not empty.
func needNew(out string) error {
	entries, err := os.ReadDir(out)
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("output folder %s: is not empty; choose a new one or remove it", out)
	}
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("output folder: %w", err)
	}
	return nil
}
