package filelock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"simgan/internal/inputfile"
)

// ownerSuffix ends the name of the file that stands for a lock.
const ownerSuffix = ".owner"

// owner names a process so that others can see whether it still runs.
type owner struct {
	Host  string `json:"host"`
	Boot  string `json:"boot"`      // changes when the host starts
	Space string `json:"namespace"` // in which Pid counts
	Pid   int    `json:"pid"`
	Start string `json:"start"` // of the process, in ticks since Boot
	Since string `json:"since"` // when it took the lock
}

// self describes this process.
func self() owner {
	host, _ := os.Hostname() // without a name all hosts look the same, and the boot tells them apart
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, _ := os.Readlink("/proc/self/ns/pid")
	return owner{
		host, strings.TrimSpace(string(boot)), space, os.Getpid(), started(os.Getpid()),
		time.Now().Format(time.RFC3339),
	}
}

// started returns when a process started, "" if there is none.
func started(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	const field = 20 // starttime, counted from the one after the command's name, which may hold anything
	after := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(after) < field {
		return ""
	}
	return after[field-1]
}

// over reports whether the owner has certainly ended.
func (o owner) over() bool {
	here := self()
	switch {
	case o.Host != here.Host:
		return false
	case o.Boot != here.Boot:
		return true
	}
	return o.Space == here.Space && started(o.Pid) != o.Start
}

// claim creates the file with this process's name. It takes the place of an owner that has ended.
func claim(path string) error {
	text, err := json.Marshal(self())
	if err != nil {
		return err
	}
	for range 3 { // others may claim it at the same time
		err := create(path, text)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := evict(path); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: %w", path, ErrHeld)
}

func create(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// evict removes the file of an owner that has ended. Any other owner is an ErrHeld.
func evict(path string) error {
	const most = 1 << 16
	text, err := inputfile.Read(path, most)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var o owner
	if json.Unmarshal(text, &o) != nil {
		return fmt.Errorf("%s is not readable: %w; if none works here, remove the file", path, ErrHeld)
	}
	if !o.over() {
		return fmt.Errorf("process %d on %s works here since %s: %w; if it has ended, remove %s",
			o.Pid, o.Host, o.Since, ErrHeld, path)
	}
	aside := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.Rename(path, aside); err != nil {
		return ignoreAbsent(err)
	}
	moved, err := inputfile.Read(aside, most)
	if err == nil && !bytes.Equal(moved, text) { // another process was quicker, and this is its claim
		return errors.Join(os.Rename(aside, path), fmt.Errorf("%s: %w", path, ErrHeld))
	}
	return errors.Join(err, os.Remove(aside))
}

func remove(path string) error { return ignoreAbsent(os.Remove(path)) }

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
