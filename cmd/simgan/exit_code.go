package main

import (
	"errors"

	"simgan/internal/exit"
)

// exitCode is the only switch from errors to exit codes.
func exitCode(err error) int {
	var signalled exit.Stopped
	switch {
	case err == nil:
		return 0
	case errors.Is(err, exit.ErrGuard):
		return exit.Guard
	case errors.As(err, &signalled):
		return 128 + int(signalled.Signal)
	case errors.Is(err, exit.ErrUsage):
		return exit.Usage
	}
	return exit.Failed
}
