// Package exit holds the exit codes that scripts rely on, and the errors that lead to them.
package exit

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Codes. A process that a signal stopped ends with 128 plus the signal's number, after saving.
const (
	Failed = 1
	Usage  = 2 // bad arguments or a bad config
	Guard  = 3 // training stopped by a guard: NaN, collapse
)

// Interrupted reports whether a code is of a process that a signal asked to stop, and that saved what it could.
func Interrupted(code int) bool {
	return slices.Contains([]syscall.Signal{
		syscall.SIGHUP, syscall.SIGINT, syscall.SIGUSR1, syscall.SIGPIPE, syscall.SIGTERM,
	}, syscall.Signal(code-128))
}

// ErrUsage marks errors in what the user wrote: arguments, configs, SPECs. Usagef makes them.
var ErrUsage = errors.New("usage")

// ErrGuard marks the error of a run that a guard stopped.
var ErrGuard = errors.New("stopped by a guard")

// ErrStopped marks the error of work that was asked to stop, for instance by a signal.
var ErrStopped = errors.New("stopped")

// Stopped is the ErrStopped of work that a signal stopped.
type Stopped struct{ Signal syscall.Signal }

func (s Stopped) Error() string {
	name := unix.SignalName(s.Signal)
	if name == "" {
		name = s.Signal.String()
	}
	return "stopped by " + name
}

// Is reports that it is an ErrStopped.
func (Stopped) Is(target error) bool { return target == ErrStopped }

// Usagef returns an error with the text of fmt.Errorf that is also an ErrUsage.
func Usagef(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

type usage struct{ error }

func (usage) Is(target error) bool { return target == ErrUsage }
func (u usage) Unwrap() error      { return u.error }
