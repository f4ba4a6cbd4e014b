package rundir

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The error is made by hand, because tests may run as root, who is denied nothing; scripts/image-check.sh meets a
// real one.
func TestDeniedSaysWhoWhoseAndTheWayOut(t *testing.T) {
	there := t.TempDir()
	t.Chdir(there)
	denied := &fs.PathError{Op: "mkdir", Path: there, Err: syscall.EACCES}
	text := explainDenied(filepath.Join("runs", "mine"), denied).Error()
	for _, want := range []string{
		denied.Error(), fmt.Sprintf("this is user %d", os.Getuid()), there + " belongs to user", fmt.Sprintf("chown %d %s", os.Getuid(), there), "--run", "docker run --user",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if full := (&fs.PathError{Op: "mkdir", Path: there, Err: syscall.ENOSPC}); explainDenied(there, full) != error(full) {
		t.Errorf("a full disk was explained as a refusal: %v", explainDenied(there, full))
	}
}
