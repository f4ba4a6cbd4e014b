package rundir

import (
	"errors"
	"fmt"
	"syscall"

	"simgan/internal/amount"
)

// explainFull adds to the error of a full disk what is used up and the way out: a file system can lack room, or only
// places for files, and a user's share of it can be used up. Other errors come back as they are.
func explainFull(dir string, err error) error {
	if errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: this user's quota is used up (quota -s shows it); remove files, or choose another --run", err)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	var disk syscall.Statfs_t
	if statErr := syscall.Statfs(dir, &disk); statErr != nil {
		return err
	}
	return fmt.Errorf("%w: %s", err, adviceFull(disk))
}

// adviceFull says what the file system lacks.
func adviceFull(disk syscall.Statfs_t) string {
	if disk.Files > 0 && disk.Ffree == 0 {
		return "the disk has room, but it can hold no more files (df -i shows it); remove files, or choose another --run"
	}
	return fmt.Sprintf("%s of the disk are free; make room, or choose another --run, or a smaller log.keep",
		amount.Bytes(int64(disk.Bavail)*disk.Bsize))
}
