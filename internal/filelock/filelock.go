// Package filelock keeps two processes from working in one place. It locks files by flock, which the system releases
// however a process ends. On file systems without flock (some network and FUSE mounts) a file that names the holder
// takes its place.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// ErrHeld marks the error of a lock that another process holds.
var ErrHeld = errors.New("another process holds the lock")

// Warn is called once per process if a file system has no flock. main sets it.
var Warn = func(text string) {}

// Lock is a lock that this process holds.
type Lock struct {
	path  string
	flock *flock.Flock
	owner string // file that names this process; "" with flock
}

// Try locks the file, and creates it if it is absent. The error is an ErrHeld if another process has the lock.
func Try(path string) (*Lock, error) {
	return try(path, func(f *flock.Flock) (bool, error) { return f.TryLock() })
}

func try(path string, lock func(*flock.Flock) (bool, error)) (*Lock, error) {
	l := &Lock{path: path, flock: flock.New(path)}
	locked, err := lock(l.flock)
	switch {
	case locked:
		return l, nil
	case err == nil:
		return nil, fmt.Errorf("%s: %w", path, ErrHeld)
	case !lacksFlock(err):
		return nil, err
	}
	l.flock.Close()
	warnOnce.Do(func() {
		Warn(fmt.Sprintf("%s: its file system has no flock (%v); the file %s keeps other processes away instead",
			path, err, path+ownerSuffix))
	})
	l.owner = path + ownerSuffix
	return l, claim(l.owner)
}

var warnOnce sync.Once

// lacksFlock reports whether flock failed because the file system does not have it.
func lacksFlock(err error) bool {
	return slices.ContainsFunc([]error{syscall.ENOSYS, syscall.ENOLCK, syscall.EOPNOTSUPP},
		func(e error) bool { return errors.Is(err, e) })
}

// Wait is Try again and again, at most that long. If ctx is cancelled meanwhile, the error is its cause.
func Wait(ctx context.Context, path string, most time.Duration) (*Lock, error) {
	const pause = 50 * time.Millisecond
	for end := time.Now().Add(most); ; {
		l, err := Try(path)
		if !errors.Is(err, ErrHeld) || time.Now().After(end) {
			return l, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Files returns the files that the lock consists of.
func (l *Lock) Files() []string {
	if l.owner != "" {
		return []string{l.path, l.owner}
	}
	return []string{l.path}
}

// Unlock releases the lock. The locked file stays.
func (l *Lock) Unlock() error {
	if l.owner != "" {
		return remove(l.owner)
	}
	return l.flock.Unlock()
}
