package sweep

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gopkg.in/yaml.v3"

	"simgan/internal/atomicfile"
	"simgan/internal/inputfile"
	"simgan/internal/shellwords"
	"simgan/internal/showtext"
)

// Duration is a time in YAML, as 90s or 1h30m.
type Duration time.Duration

// UnmarshalYAML reads a duration with its unit.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	parsed, err := time.ParseDuration(node.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no time; write it with a unit, as 90s or 1h30m", node.Line, node.Value)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (d Duration) MarshalYAML() (any, error) { return time.Duration(d).String(), nil }

// defaultTimeout is the time that an objective's command has, unless the file says otherwise.
const defaultTimeout = Duration(time.Hour)

// runMark stands for the run folder in an objective's command.
const runMark = "{run}"

func (o *Objective) checkCommand() (problems []error) {
	for key, set := range map[string]bool{
		"phase": o.Phase != "", "take": o.Take != "", "field": o.Field != "", "validation": o.Validation != "",
		"seeds": o.Seeds != 0, "steps": o.Steps != 0, "variants": o.Variants != 0,
	} {
		if set {
			problems = append(problems, fmt.Errorf("objective.%s belongs to a metric or an evaluation, not to a command", key))
		}
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Timeout < 0 {
		problems = append(problems, fmt.Errorf("objective.timeout is %s; use more than 0", time.Duration(o.Timeout)))
	}
	return problems
}

// commandFile names the file in a run folder that holds what the command printed, at a rung or, with rung 0, at the
// end.
func commandFile(rung int) string {
	if rung == 0 {
		return "objective.txt"
	}
	return fmt.Sprintf("objective-%07d.txt", rung)
}

// line returns the shell line that scores the run in dir. The folder's name is quoted.
func (o *Objective) line(dir string) string {
	folder := shellwords.Join(dir)
	if strings.Contains(o.Command, runMark) {
		return strings.ReplaceAll(o.Command, runMark, folder)
	}
	return o.Command + " " + folder
}

// score runs the objective's command on a trial and keeps what it prints. It returns ctx's cause if ctx is cancelled, a
// crash if the command fails, and an error after the timeout.
func (r *runner) score(ctx context.Context, t *Trial, rung int, on slot) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	limit := time.Duration(r.Objective.Timeout)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	line := r.Objective.line(t.dir)
	cmd := exec.CommandContext(limited, "sh", "-c", line)
	var problems strings.Builder
	cmd.Stderr = &problems
	cmd.Env = append(os.Environ(), "SIMGAN_DEVICE="+on.device)
	// The shell and what it starts are one process group, which is asked to stop, then killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	runtime.LockOSThread() // Pdeathsig is about the thread that starts the process
	defer runtime.UnlockOSThread()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = stopTime
	printed, err := cmd.Output()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // mostly nobody is left
	}
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case limited.Err() != nil:
		return fmt.Errorf("%s: stopped after objective.timeout, %s", line, limit)
	case errors.As(err, &ended):
		return fmt.Errorf("%s: %v: %s", line, ended, lastLines(problems.String()+string(printed)))
	case err != nil:
		return fmt.Errorf("%s: %w", line, err)
	}
	return atomicfile.Write(filepath.Join(t.dir, commandFile(rung)), printed)
}

// stopTime is how long a command that was asked to stop may take.
const stopTime = 10 * time.Second

// readNumber returns the number on the last line of what a command printed.
func readNumber(path string) (float64, error) {
	text, err := inputfile.Read(path, inputfile.Small)
	if err != nil {
		return 0, err
	}
	last := lastLines(string(text))
	last = strings.TrimSpace(last[strings.LastIndex(last, "\n")+1:])
	number, err := strconv.ParseFloat(last, 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return 0, fmt.Errorf("%s: the last line that objective.command printed is %q; print a finite number", path,
			showtext.Line(last))
	}
	return number, nil
}
