package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// fullDisks trains twice on a file system that is too small, in bytes or in files, then goes on with enough room. Only
// root may mount one; for others it does nothing.
func (t *torture) fullDisks(int) (done int, err error) {
	if os.Geteuid() != 0 {
		return 0, nil
	}
	for _, small := range []string{
		"size=64k", "size=400k", "size=1m", "size=3m", "nr_inodes=5", "nr_inodes=20", "nr_inodes=40",
	} {
		if err := t.fullDisk(small); err != nil {
			return done, fmt.Errorf("%s: %w", small, err)
		}
		done += 2
	}
	return done, nil
}

func (t *torture) fullDisk(small string) (err error) {
	disk := t.next()
	if err := os.Mkdir(disk, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("torture", disk, "tmpfs", 0, small); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	defer func() { err = errors.Join(err, syscall.Unmount(disk, syscall.MNT_DETACH)) }()
	run := filepath.Join(disk, "run")
	for range 2 { // a run that begins, and one that continues
		cmd, out := t.command(run)
		if err := polite(cmd.Run(), out.String()); err != nil {
			return err
		}
	}
	if err := syscall.Mount("torture", disk, "tmpfs", syscall.MS_REMOUNT, "size=1g,nr_inodes=10000"); err != nil {
		return fmt.Errorf("remount: %w", err)
	}
	return t.compare(run)
}
