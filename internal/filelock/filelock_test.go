package filelock

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// none is flock on a file system that lacks it.
func none(f *flock.Flock) (bool, error) {
	return false, errors.Join(os.WriteFile(f.Path(), nil, 0o644), syscall.ENOSYS)
}

func TestOneHolderAtATime(t *testing.T) {
	for name, lock := range map[string]func(*flock.Flock) (bool, error){
		"flock": func(f *flock.Flock) (bool, error) { return f.TryLock() }, "no flock": none,
	} {
		path := filepath.Join(t.TempDir(), ".lock")
		first, err := try(path, lock)
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := try(path, lock); !errors.Is(err, ErrHeld) {
			t.Errorf("%s: a second lock: %v", name, err)
		}
		for _, file := range first.Files() {
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := first.Unlock(); err != nil {
			t.Error(name, err)
		}
		again, err := try(path, lock)
		if err != nil {
			t.Fatalf("%s: after Unlock: %v", name, err)
		}
		again.Unlock()
	}
}

func TestErrorsThatAreNotAboutFlock(t *testing.T) {
	denied := func(*flock.Flock) (bool, error) { return false, syscall.EACCES }
	if _, err := try(filepath.Join(t.TempDir(), ".lock"), denied); !errors.Is(err, syscall.EACCES) {
		t.Errorf("error is %v", err)
	}
}

// Without flock the place of a killed process is taken over; that of a live one, or of one on another host, is not.
func TestOwnersThatEnded(t *testing.T) {
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	live := self()
	live.Pid, live.Start = child.Process.Pid, started(child.Process.Pid)
	reused := live
	reused.Start = "1"
	elsewhere, rebooted := live, live
	elsewhere.Host, rebooted.Boot = "another", "another"
	try := func(o owner) error {
		path := filepath.Join(t.TempDir(), ".lock")
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+ownerSuffix, text, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = try(path, none)
		return err
	}
	for what, o := range map[string]owner{"live": live, "elsewhere": elsewhere} {
		if err := try(o); !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), "if it has ended, remove") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, o := range map[string]owner{"pid used again": reused, "rebooted": rebooted} {
		if err := try(o); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	child.Process.Kill()
	child.Wait()
	if err := try(live); err != nil {
		t.Errorf("killed: %v", err)
	}
}

func TestWaitEndsInTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".lock")
	held, err := Try(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Wait(t.Context(), path, 10*time.Millisecond); !errors.Is(err, ErrHeld) {
		t.Errorf("error is %v", err)
	}
	time.AfterFunc(20*time.Millisecond, func() { held.Unlock() })
	if _, err := Wait(t.Context(), path, 5*time.Second); err != nil {
		t.Errorf("error is %v", err)
	}
}
