package memory

import (
	"fmt"
	"syscall"
)

// FreeDisk returns how many bytes a user may still write to the file system of a folder.
func FreeDisk(dir string) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("%s: %w", dir, err)
	}
	return int64(disk.Bavail) * disk.Bsize, nil
}
