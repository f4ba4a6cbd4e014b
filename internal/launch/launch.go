// Package launch runs several processes of simgan on one machine that train as one, as torchrun does.
package launch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"simgan/internal/exit"
	"simgan/internal/ranks"
)

// Options say what Run starts.
type Options struct {
	Program string
	Args    [][]string // of each process, by rank
	Out     io.Writer  // all output, each line with its process's rank before it
	Grace   time.Duration
}

// DefaultGrace is how long the other processes may take to end after one has failed: they find out which one it was.
const DefaultGrace = 30 * time.Second

// process is one that runs.
type process struct {
	rank int
	cmd  *exec.Cmd
	err  error
}

// Run starts the processes and waits for all of them. If one fails, the others have the time of grace to end before
// they are killed. If ctx is cancelled, all are asked to stop by the same signal (SIGTERM for SIGPIPE). The error is
// that of the first process that failed, with the meaning of its exit code.
func Run(ctx context.Context, o Options) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	runtime.LockOSThread() // Pdeathsig is about the thread that starts a process
	defer runtime.UnlockOSThread()
	ended := make(chan *process, len(o.Args))
	var all []*process
	lines := &joined{out: o.Out}
	for rank, args := range o.Args {
		p := &process{rank: rank, cmd: exec.Command(o.Program, args...)}
		p.cmd.Env = append(environment(len(o.Args)), place(rank, len(o.Args), port)...)
		if err := lines.start(p, ended); err != nil {
			kill(all)
			return fmt.Errorf("%s: %w", ranks.Name(rank, len(o.Args)), err)
		}
		all = append(all, p)
	}
	defer context.AfterFunc(ctx, func() { signalAll(all, signalOf(context.Cause(ctx))) })()
	first := wait(all, ended, o.Grace)
	lines.reading.Wait()
	if first == nil {
		return nil
	}
	err = meaning(first, len(o.Args))
	if stopped := (exit.Stopped{}); ctx.Err() != nil && errors.As(err, &stopped) {
		return context.Cause(ctx)
	}
	return err
}

// wait waits for all processes and returns the first that failed.
func wait(all []*process, ended <-chan *process, grace time.Duration) (first *process) {
	var patience <-chan time.Time
	for range all {
		for waiting := true; waiting; {
			select {
			case p := <-ended:
				waiting = false
				if p.err != nil && first == nil {
					first, patience = p, time.After(grace)
				}
			case <-patience:
				kill(all)
			}
		}
	}
	return first
}

// environment is this process's, with a share of the cores for each of n processes unless it names a number.
func environment(n int) []string {
	env := os.Environ()
	if os.Getenv("OMP_NUM_THREADS") == "" {
		env = append(env, "OMP_NUM_THREADS="+strconv.Itoa(max(1, runtime.NumCPU()/n)))
	}
	return env
}

func place(rank, size, port int) []string {
	return []string{
		ranks.Rank + "=" + strconv.Itoa(rank), ranks.WorldSize + "=" + strconv.Itoa(size),
		ranks.LocalRank + "=" + strconv.Itoa(rank), ranks.Address + "=127.0.0.1", ranks.Port + "=" + strconv.Itoa(port),
		"TORCHELASTIC_USE_AGENT_STORE=", // of a torchrun that this process itself runs under
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func signalOf(cause error) syscall.Signal {
	var stopped exit.Stopped
	if errors.As(cause, &stopped) && stopped.Signal != syscall.SIGPIPE { // their own pipes are whole
		return stopped.Signal
	}
	return syscall.SIGTERM
}

func signalAll(all []*process, number syscall.Signal) {
	for _, p := range all {
		_ = p.cmd.Process.Signal(number) // one that has ended takes none
	}
}

func kill(all []*process) { signalAll(all, syscall.SIGKILL) }

// meaning returns the error of a process that failed.
func meaning(p *process, n int) error {
	name := ranks.Name(p.rank, n)
	var ended *exec.ExitError
	if !errors.As(p.err, &ended) {
		return fmt.Errorf("%s: %w", name, p.err)
	}
	if status := ended.Sys().(syscall.WaitStatus); status.Signaled() {
		return fmt.Errorf("%s was ended by signal %d (%v); a run continues from its last checkpoint", name,
			status.Signal(), status.Signal())
	}
	code := ended.ExitCode()
	switch {
	case exit.Interrupted(code):
		return exit.Stopped{Signal: syscall.Signal(code - 128)}
	case code == exit.Guard:
		return fmt.Errorf("%s: %w", name, exit.ErrGuard)
	case code == exit.Usage:
		return exit.Usagef("%s: see above", name)
	}
	return fmt.Errorf("%s ended with exit code %d: see above", name, code)
}

// joined writes the lines of several processes.
type joined struct {
	mu      sync.Mutex
	out     io.Writer
	reading sync.WaitGroup
}

// start starts the process with its output joined, and sends it to ended when it has ended.
func (j *joined) start(p *process, ended chan<- *process) error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	p.cmd.Stdout, p.cmd.Stderr = writer, writer
	// Its own process group, so that ^C reaches it only through this process; if this one is killed, it is asked to stop.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	err = p.cmd.Start()
	writer.Close()
	if err != nil {
		reader.Close()
		return err
	}
	j.reading.Go(func() { j.copy(p.rank, reader) })
	go func() {
		p.err = p.cmd.Wait()
		ended <- p
	}()
	return nil
}

// copy writes each line with the rank before it.
func (j *joined) copy(rank int, from *os.File) {
	defer from.Close()
	for lines := bufio.NewReader(from); ; {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if line[len(line)-1] != '\n' {
				line = append(line, '\n')
			}
			j.mu.Lock()
			fmt.Fprintf(j.out, "%d: %s", rank, line)
			j.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}
