// Package program runs a user's program and reads the number that it prints.
package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"simgan/internal/showtext"
)

// Call is one call of a user's program.
type Call struct {
	Command string        // a command line of the shell
	Args    []string      // added to it, each as one word
	Env     []string      // NAME=value, added to the environment
	Timeout time.Duration // 0: none
	Out     io.Writer     // gets what the program writes, its standard error too
	Printed io.Writer     // gets its standard output alone; nil: nobody does
}

// grace is how long a program that was asked to end may take.
var grace = 10 * time.Second

// Number runs the program and returns the number on the last line of its standard output. Every exit code but 0 is an
// error, as is a last line that is no finite number. If ctx is cancelled or the time is over, the program and what it
// started get SIGTERM, and SIGKILL after 10 seconds; a cancelled ctx's cause is then the error.
func (c Call) Number(ctx context.Context) (float64, error) {
	out := &output{out: c.Out, printed: c.Printed}
	if err := c.run(ctx, out); err != nil {
		return 0, err
	}
	return parse(out.lastLine())
}

func (c Call) run(ctx context.Context, out *output) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.Timeout > 0 {
		within, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("did not end within %s", c.Timeout))
		defer cancel()
		ctx = within
	}
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", c.line(), "sh"}, c.Args...)...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Stdout, cmd.Stderr = out, writer(out.pass)
	// Its own process group, so that all that it starts can be asked to end, and ^C reaches it only through ctx.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	runtime.LockOSThread() // Pdeathsig is about the thread that starts the process
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what did not end when asked; mostly nobody is left
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, exec.ErrWaitDelay):
		return errors.New("ended, but a process that it started keeps its output open")
	}
	return err
}

// line returns the shell's line: the command with its arguments, if there are any, because "$@" may not follow every
// command.
func (c Call) line() string {
	if len(c.Args) == 0 {
		return c.Command
	}
	return strings.TrimSpace(c.Command) + ` "$@"`
}

// Number returns the number on the last line of what a program printed to its standard output.
func Number(printed string) (float64, error) {
	line := strings.TrimSpace(printed)
	return parse(strings.TrimSpace(line[strings.LastIndex(line, "\n")+1:]))
}

// parse returns the finite number that a line consists of.
func parse(line string) (float64, error) {
	if line == "" {
		return 0, errors.New("printed nothing; its last line of standard output must be one number")
	}
	v, err := strconv.ParseFloat(line, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("printed %q last, which is no finite number; its last line of standard output must be one",
			showtext.Line(line))
	}
	return v, nil
}

// writer is a function that is a writer.
type writer func([]byte) (int, error)

func (w writer) Write(text []byte) (int, error) { return w(text) }

// output passes a program's output on and keeps its last line. Standard output and error may be written to at once.
type output struct {
	mu      sync.Mutex
	out     io.Writer
	printed io.Writer // gets standard output; may be nil
	line    []byte    // the line that is being written, at most mostLine bytes
	last    string    // the last whole line that is not empty
}

// mostLine bounds the line that is kept.
const mostLine = 1 << 16

// Write takes standard output.
func (o *output) Write(text []byte) (int, error) {
	for part := range bytes.Lines(text) {
		if len(o.line)+len(part) <= mostLine {
			o.line = append(o.line, part...)
		}
		if part[len(part)-1] == '\n' {
			o.last, o.line = o.lastLine(), nil
		}
	}
	if o.printed != nil {
		if n, err := o.printed.Write(text); err != nil {
			return n, err
		}
	}
	return o.pass(text)
}

// pass passes text on.
func (o *output) pass(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.out.Write(text)
}

// lastLine returns the last line that is not empty, without space around it.
func (o *output) lastLine() string {
	if line := strings.TrimSpace(string(o.line)); line != "" {
		return line
	}
	return o.last
}
