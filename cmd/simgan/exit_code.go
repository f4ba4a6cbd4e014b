package main

import (
	"errors"
	"fmt"
	"syscall"

	"simgan/internal/exit"
)

// stopped is the cause of a context that a signal cancelled.
type stopped struct{ signal syscall.Signal }

func (s stopped) Error() string        { return fmt.Sprintf("stopped by %v", s.signal) }
func (s stopped) Is(target error) bool { return target == exit.ErrStopped }

// exitCode is the only switch from errors to exit codes.
func exitCode(err error) int {
	var signalled stopped
	switch {
	case err == nil:
		return 0
	case errors.Is(err, exit.ErrGuard):
		return exit.Guard
	case errors.As(err, &signalled):
		return 128 + int(signalled.signal)
	case errors.Is(err, exit.ErrUsage):
		return exit.Usage
	}
	return exit.Failed
}
