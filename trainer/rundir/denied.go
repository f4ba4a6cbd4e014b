package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// explainDenied adds to an error of permission who asked, whose the folder is, and the way out: the first thing that
// goes wrong in a container is a mounted folder of another user. Other errors come back as they are.
func explainDenied(dir string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	if whole, absErr := filepath.Abs(dir); absErr == nil { // else as it was given
		dir = whole
	}
	there, owner := existing(dir)
	return fmt.Errorf("%w: %s", err, adviceDenied(there, int(owner), os.Geteuid()))
}

// adviceDenied says why the user may not write to the owner's folder, and the way out.
func adviceDenied(there string, owner, user int) string {
	if owner == user {
		return fmt.Sprintf("%s is this user's own, but it may not be written to; allow it (chmod u+rwx %[1]s), "+
			"or choose another --run", there)
	}
	return fmt.Sprintf("this is user %d, and %s belongs to user %d; give it (chown %[1]d %[2]s, in a container: what is "+
		"mounted there), choose another --run, or run as its owner (docker run --user)", user, there, owner)
}

// existing is the nearest folder at or above dir that is there, and the id of its owner.
func existing(dir string) (folder string, owner uint32) {
	for {
		if info, err := os.Stat(dir); err == nil {
			return dir, info.Sys().(*syscall.Stat_t).Uid
		}
		above := filepath.Dir(dir)
		if above == dir { // not even "/" can be asked
			return dir, 0
		}
		dir = above
	}
}
