package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"simgan/internal/exit"
	"simgan/internal/filelock"
	"simgan/internal/inputfile"
)

// Shard is part Index of Of equal parts of a data set, 0 <= Index < Of. Parts are ranges of images.
type Shard struct{ Index, Of int }

// ParseShard reads "i/n".
func ParseShard(text string) (s Shard, err error) {
	n, err := fmt.Sscanf(text+" ", "%d/%d ", &s.Index, &s.Of)
	if n != 2 || err != nil || s.Of < 1 || s.Index < 0 || s.Index >= s.Of || s.String() != text {
		return s, exit.Usagef("shard %q: use i/n, the part i of n, where i counts from 0, as 0/4", text)
	}
	return s, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// Range returns the part's images from..to of n.
func (s Shard) Range(n int) (from, to int) { return s.Index * n / s.Of, (s.Index + 1) * n / s.Of }

// Names in a folder that several processes fill. Its mark is written first and says what all parts must agree on.
const (
	shardsMark  = ".shards"
	shardLock   = ".shard-%d.lock"
	shardDone   = ".shard-%d.done" // written when the part is
	finishLock  = ".finish.lock"
	shardSuffix = ".shards"
)

// shards is a hidden folder beside out that processes fill, a part each. The last one gives it the name out.
type shards struct {
	dir, out string
	of       int // parts
}

// openShards makes the folder, or checks that it has the same content: what, in words.
func openShards(out string, of int, what string) (shards, error) {
	s := shards{beside(out, shardSuffix), out, of}
	if err := s.open(fmt.Sprintf("%d parts of %s\n", of, what)); err != nil {
		return s, fmt.Errorf("output folder: %w", err)
	}
	return s, nil
}

func (s shards) open(what string) error {
	if _, err := os.Lstat(s.dir); errors.Is(err, fs.ErrNotExist) {
		if err := makeShards(s.dir, what); err != nil {
			return err
		}
	}
	if err := checkOurs(s.dir, shardsMark); err != nil {
		return err
	}
	text, err := inputfile.Read(filepath.Join(s.dir, shardsMark), inputfile.Small)
	if err == nil && string(text) != what {
		err = fmt.Errorf("%s holds %s, not %s; remove it to begin again", s.dir, strings.TrimSpace(string(text)),
			strings.TrimSpace(what))
	}
	return err
}

// makeShards makes the folder with its mark in it, unless another process does so now.
func makeShards(dir, what string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".new-")
	if err != nil {
		return err
	}
	err = errors.Join(os.Chmod(fresh, 0o755), os.WriteFile(filepath.Join(fresh, shardsMark), []byte(what), 0o644))
	if err == nil {
		err = os.Rename(fresh, dir)
	}
	if err == nil {
		return nil
	}
	if _, there := os.Lstat(dir); there == nil { // another process was first
		err = nil
	}
	return errors.Join(err, os.RemoveAll(fresh))
}

// path returns the path of a file about a part.
func (s shards) path(name string, part int) string {
	return filepath.Join(s.dir, fmt.Sprintf(name, part))
}

// write calls fill unless the part is written. fill ends by writing the file done.
func (s shards) write(part Shard, fill func(done string) error) (err error) {
	lock, err := filelock.Try(s.path(shardLock, part.Index))
	if err != nil {
		return fmt.Errorf("%s: another simgan is writing shard %v: %w", s.dir, part, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	done := s.path(shardDone, part.Index)
	if _, err := os.Stat(done); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return fill(done)
}

// finish calls complete and gives the folder its name, if all parts are written and no other process does so. finished
// reports that the folder has its name.
func (s shards) finish(complete func() error) (finished bool, err error) {
	for part := range s.of {
		if _, err := os.Stat(s.path(shardDone, part)); err != nil {
			return s.published(), nil
		}
	}
	lock, err := filelock.Try(filepath.Join(s.dir, finishLock))
	switch {
	case errors.Is(err, filelock.ErrHeld):
		return false, nil
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if s.published() { // since the loop, and the lock is a new file
		for _, file := range lock.Files() {
			os.Remove(file)
			os.Remove(filepath.Join(s.out, filepath.Base(file)))
		}
		return true, nil
	}
	if err := complete(); err != nil {
		return false, err
	}
	return true, s.publish(lock)
}

// published reports whether the folder has its name, or is about to.
func (s shards) published() bool {
	_, err := os.Stat(filepath.Join(s.dir, shardsMark))
	return errors.Is(err, fs.ErrNotExist)
}

// publish removes what is not part of the result. The mark goes almost last, so that a call after a kill can go on.
func (s shards) publish(lock *filelock.Lock) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	var marks []string
	for _, e := range entries {
		// A second dot begins the name of a temporary file that a kill left.
		if aboutPart.MatchString(e.Name()) {
			marks = append(marks, filepath.Join(s.dir, e.Name()))
		}
	}
	marks = append(marks, filepath.Join(s.dir, shardsMark))
	return publish(s.dir, s.out, append(marks, lock.Files()...)...)
}

var aboutPart = regexp.MustCompile(`^\.?\.shard-[0-9]+\.(lock|done|journal)`)
