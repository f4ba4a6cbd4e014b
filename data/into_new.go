package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// intoNew lets fill write into a folder beside out, which gets out's name once it is whole; on an error nothing stays.
// The folder beside is .OUT.unfinished: what a killed process left there goes with the next call.
func intoNew(out string, fill func(dir string) error) (err error) {
	out, err = newFolder(out)
	if err != nil {
		return err
	}
	dir := filepath.Join(filepath.Dir(out), "."+filepath.Base(out)+".unfinished")
	lock, err := claim(dir)
	if err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir), lock.Unlock()) }()
	if err := fill(dir); err != nil {
		return err
	}
	if err := os.Remove(lock.Path()); err != nil {
		return err
	}
	os.Remove(out) // an empty folder of that name; if it is not empty, the rename says so
	return os.Rename(dir, out)
}

// claim makes the folder, empty but for the lock that says that its process lives.
func claim(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, ".lock"))
	free, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !free {
		return nil, fmt.Errorf("%s: another simgan is writing it", dir)
	}
	stale, err := os.ReadDir(dir)
	for _, entry := range stale {
		if path := filepath.Join(dir, entry.Name()); path != lock.Path() {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return lock, nil
}

// newFolder is the place where out is to be, behind symbolic links. It refuses a folder that holds something, and an empty
// one that a whole folder could not replace in the end.
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
		return "", fmt.Errorf("output folder %s: is the folder you are in, which is replaced when the new one is whole; name one below it", out)
	}
	return place, replaceable(place)
}

// replaceable refuses an empty folder that cannot be moved: a mount point, or one whose parent is not writable.
func replaceable(empty string) error {
	aside := filepath.Join(filepath.Dir(empty), "."+filepath.Base(empty)+".aside")
	if err := os.Rename(empty, aside); err != nil {
		return fmt.Errorf("output folder %s: cannot be replaced by the new one when that is whole, as a mount point cannot; name one below it: %w", empty, err)
	}
	return os.Rename(aside, empty)
}

// needNew refuses an output folder that holds something.
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
