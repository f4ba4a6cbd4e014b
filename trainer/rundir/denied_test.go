package rundir

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The error is made by hand, because tests may run as root, who is denied nothing; scripts/image-check.sh meets a
// real one.
func TestDeniedNamesTheFolder(t *testing.T) {
	there := t.TempDir()
	t.Chdir(there)
	denied := &fs.PathError{Op: "mkdir", Path: there, Err: syscall.EACCES}
	text := explainDenied(filepath.Join("runs", "mine"), denied).Error()
	if !strings.HasPrefix(text, denied.Error()) || !strings.Contains(text, "chmod u+rwx "+there) {
		t.Errorf("%q", text) // the folder is the test's own
	}
	if full := (&fs.PathError{Op: "mkdir", Path: there, Err: syscall.ENOSPC}); explainDenied(there, full) != error(full) {
		t.Errorf("a full disk was explained as a refusal: %v", explainDenied(there, full))
	}
}

// Who owns the folder is told to allow writing; others are told whose it is. A chown would not help the owner.
func TestDeniedSaysWhoWhoseAndTheWayOut(t *testing.T) {
	foreign, own := adviceDenied("/runs", 0, 1000), adviceDenied("/runs", 1000, 1000)
	for _, want := range []string{
		"this is user 1000", "/runs belongs to user 0", "chown 1000 /runs", "--run", "docker run --user",
	} {
		if !strings.Contains(foreign, want) {
			t.Errorf("%q lacks %q", foreign, want)
		}
	}
	if strings.Contains(own, "chown") || !strings.Contains(own, "chmod u+rwx /runs") {
		t.Errorf("%q", own)
	}
}

// A disk can be full of bytes or of files, and a quota can be full; the way out differs.
func TestFullSaysOfWhat(t *testing.T) {
	files := adviceFull(syscall.Statfs_t{Files: 100, Ffree: 0, Bavail: 5e6, Bsize: 4096})
	bytes := adviceFull(syscall.Statfs_t{Files: 100, Ffree: 50, Bavail: 250, Bsize: 4096e3})
	if !strings.Contains(files, "no more files") || !strings.Contains(files, "df -i") ||
		!strings.Contains(bytes, "1.0 GB of the disk are free") || strings.Contains(bytes, "df -i") {
		t.Errorf("%q and %q", files, bytes)
	}
	quota := explainFull(t.TempDir(), fmt.Errorf("write x: %w", syscall.EDQUOT)).Error()
	if !strings.Contains(quota, "quota -s") || explainFull("/", fs.ErrExist) != fs.ErrExist {
		t.Errorf("%q", quota)
	}
}
