package sweep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"simgan/internal/filelock"
	"simgan/internal/showtext"
	"simgan/trainer/rundir"
)

// slot is what a running trial runs on.
type slot struct {
	device  string // "": the config's
	threads int    // 0: the config's
}

// trainArgs returns simgan's arguments that train a trial, from wherever it stands, up to a rung, or with rung 0 to its
// end.
func (s *Sweep) trainArgs(t *Trial, rung int, on slot) []string {
	args := []string{"train"}
	if exists(t.dir, rundir.ConfigFile) {
		args = append(args, "--resume")
	} else {
		args = append(args, s.configArgs(t)...)
	}
	if on.device != "" {
		args = append(args, "--set", "device="+on.device)
	}
	if on.threads > 0 {
		args = append(args, "--set", fmt.Sprintf("threads=%d", on.threads))
	}
	if rung > 0 {
		args = append(args, "--until", strconv.Itoa(rung))
	}
	return append(args, "--run", t.dir)
}

// configArgs returns the arguments that set a trial's config.
func (s *Sweep) configArgs(t *Trial) (args []string) {
	if s.Preset != "" {
		args = append(args, "--preset", s.Preset)
	}
	if s.Config != "" {
		args = append(args, "--config", s.Config)
	}
	for _, setting := range s.Settings {
		args = append(args, "--set", setting)
	}
	for _, setting := range t.Settings {
		args = append(args, "--set", setting.String())
	}
	return args
}

// evalArgs returns simgan's arguments that evaluate a trial at a rung, or with rung 0 at its end.
func (s *Sweep) evalArgs(t *Trial, rung int, on slot) []string {
	args := append(s.Objective.evalArgs(t), "--test", s.Objective.Validation)
	if row := s.Objective.only(); row != "" {
		args = append(args, "--only", row)
	}
	device := on.device
	if device == "" {
		device = s.base.Device
	}
	return append(args, "--device", device, "--json", filepath.Join(t.dir, evaluationFile(rung)))
}

// evalArgs returns simgan's arguments that evaluate a trial on the test images of its config.
func (o *Objective) evalArgs(t *Trial) []string {
	args := []string{"eval", o.Evaluation, "--run", t.dir, "--seeds", strconv.Itoa(o.Seeds)}
	for _, flag := range []struct {
		name  string
		value int
	}{{"--steps", o.Steps}, {"--variants", o.Variants}} {
		if flag.value > 0 {
			args = append(args, flag.name, strconv.Itoa(flag.value))
		}
	}
	for _, flag := range [][2]string{{"--labels", o.Labels}, {"--error", o.Error}, {"--train", o.Train}} {
		if flag[1] != "" {
			args = append(args, flag[0], flag[1])
		}
	}
	if o.Evaluation == "external" && o.Timeout > 0 {
		args = append(args, "--timeout", time.Duration(o.Timeout).String())
	}
	return args
}

// crash is the error of a process that ended with an exit code other than 0.
type crash struct {
	code int
	tail string // the end of what it wrote
}

func (c crash) Error() string { return fmt.Sprintf("exit code %d: %s", c.code, c.tail) }

// process runs simgan for a trial and appends its output to the trial's process.log.
func (r *runner) process(ctx context.Context, t *Trial, on slot, args []string) error {
	return Process(ctx, r.command, args, filepath.Join(t.dir, "process.log"), on.threads)
}

// Process runs command (nil: this program) with the arguments to its end and appends its output to the file. threads,
// if not 0, bounds its CPU threads. If ctx is cancelled, Process asks it to stop, which saves the run, waits for it,
// and returns ctx's cause. The error of an exit code has the end of the output.
func Process(ctx context.Context, command, args []string, file string, threads int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if command == nil {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		command = []string{self}
	}
	log, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	fmt.Fprintf(log, "$ simgan %s\n", strings.Join(args, " "))
	start, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	cmd := exec.Command(command[0], append(command[1:len(command):len(command)], args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = os.Environ()
	if threads > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("OMP_NUM_THREADS=%d", threads), fmt.Sprintf("GOMAXPROCS=%d", threads))
	}
	// Its own process group, so that ^C reaches it only through the sweep. If the sweep is killed, it is asked to stop.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	runtime.LockOSThread() // Pdeathsig is about the thread that starts the process
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Signal(syscall.SIGTERM) })
	err = cmd.Wait()
	stop()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil && err != nil:
		return context.Cause(ctx)
	case errors.As(err, &exit):
		code := exit.ExitCode()
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			code = 128 + int(status.Signal())
		}
		return crash{code, tail(log.Name(), start)}
	}
	return err
}

// tailLines is the number of lines of a crashed process's output that are recorded.
const tailLines = 12

// tail returns the last lines of a file after an offset.
func tail(path string, offset int64) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	const most = 16 << 10
	if size, err := file.Seek(0, io.SeekEnd); err == nil {
		offset = max(offset, size-most)
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return err.Error()
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return err.Error()
	}
	return lastLines(string(text))
}

// lastLines returns the last lines of a text that are shown.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(showtext.Clean(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}

// How long a sweep waits for a lock. A child of a killed sweep holds its parent's locks until it has become simgan.
// simgan saves its run when it is asked to stop.
const (
	forkTime = 5 * time.Second
	saveTime = time.Minute
)

// lock keeps other sweeps and array tasks away from the trial, and waits until no process trains in its folder.
func (t *Trial) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(t.dir, 0o755); err != nil {
		return nil, err
	}
	held, err := filelock.Wait(ctx, filepath.Join(t.dir, ".trial.lock"), forkTime)
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("%s: another sweep or array task is at this trial: %w", t.dir, err)
	}
	if err != nil {
		return nil, err
	}
	trains, err := filelock.Wait(ctx, filepath.Join(t.dir, rundir.LockFile), saveTime)
	if errors.Is(err, filelock.ErrHeld) {
		err = fmt.Errorf("%s: a process still trains in it; wait for it, or stop it: %w", t.dir, err)
	}
	if err != nil {
		return nil, errors.Join(err, held.Unlock())
	}
	return func() { held.Unlock() }, trains.Unlock()
}
