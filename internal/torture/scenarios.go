package main

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// after starts the run, and sends a signal at a moment. It waits for the process and reports whether the signal came in
// time.
func (t *torture) after(run string, at moment, number syscall.Signal, besides ...string) (bool, string, error) {
	cmd, out := t.command(run, besides...)
	err := t.disturb(cmd, out, at, func() { cmd.Process.Signal(number) })
	return err != nil, out.String(), err
}

// randomKills kills runs, each up to five times in a row, then lets them end.
func (t *torture) randomKills(kills int) (done int, err error) {
	for done < kills {
		run := t.next()
		for range 1 + t.random.IntN(5) {
			killed, out, err := t.after(run, t.moment(), syscall.SIGKILL)
			if !killed {
				break
			}
			if status, ok := err.(*exec.ExitError); !ok || status.ExitCode() >= 0 {
				return done, fmt.Errorf("%s: %w: %s", run, err, out)
			}
			done++
		}
		if err := t.compare(run); err != nil {
			return done, err
		}
	}
	return done, nil
}

// renameKills kills a run as it renames its first file or folder, another one at its second, and so on: checkpoints,
// their .old window, the config, samples and DONE. With fewer than 200 kills it passes some over.
func (t *torture) renameKills(kills int) (done int, err error) {
	if _, err := exec.LookPath("strace"); err != nil {
		return 0, err
	}
	for n := 1; ; n += max(1, 200/kills) {
		run := t.next()
		cmd, out := t.commandUnder([]string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=rename,renameat,renameat2",
			"-e", fmt.Sprintf("inject=rename,renameat,renameat2:signal=KILL:when=%d", n)}, run)
		err := cmd.Run()
		if err == nil {
			return done, t.compare(run) // there are fewer renames
		}
		if err := polite(nil, out.String()); err != nil {
			return done, err
		}
		done++
		if err := t.compare(run); err != nil {
			return done, fmt.Errorf("rename %d: %w", n, err)
		}
	}
}

// signals asks runs to stop, which must save and end with the signal's code.
func (t *torture) signals(kills int) (done int, err error) {
	numbers := []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1}
	for done < max(len(numbers), kills/5) {
		if err := t.stopped(t.moment(), numbers[done%len(numbers)]); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// stopped asks a new run to stop at a moment, then lets it end.
func (t *torture) stopped(at moment, number syscall.Signal) error {
	run := t.next()
	if err := t.stop(run, at, number); err != nil {
		return err
	}
	return t.compare(run)
}

// stop starts the run and asks it to stop. A process that has not printed anything yet may end by the signal itself.
func (t *torture) stop(run string, at moment, number syscall.Signal, besides ...string) error {
	stopped, out, err := t.after(run, at, number, besides...)
	if !stopped {
		return nil
	}
	var ended *exec.ExitError
	if errors.As(err, &ended) && (ended.ExitCode() == 128+int(number) || ended.ExitCode() < 0 && out == "") {
		return nil
	}
	return fmt.Errorf("%s: %v: %w: %s", run, number, err, out)
}

// pauses stops processes for half a second, as a laptop that sleeps does.
func (t *torture) pauses(kills int) (done int, err error) {
	for done < max(3, kills/20) {
		run := t.next()
		cmd, out := t.command(run)
		if err := t.disturb(cmd, out, t.moment(), func() {
			cmd.Process.Signal(syscall.SIGSTOP)
			time.Sleep(500 * time.Millisecond)
			cmd.Process.Signal(syscall.SIGCONT)
		}); err != nil {
			return done, fmt.Errorf("%s: %w: %s", run, err, out)
		}
		done++
		if err := t.compare(run); err != nil {
			return done, err
		}
	}
	return done, nil
}

// limits runs under each value of a limit of the shell's ulimit, where it may fail, then without.
func limits(flag string, values ...string) func(*torture, int) (int, error) {
	return func(t *torture, _ int) (done int, err error) {
		for _, value := range values {
			run := t.next()
			for range 2 { // a run that begins, and one that continues
				cmd, out := t.commandUnder([]string{"sh", "-c", `ulimit "$0" "$1" && shift && exec "$@"`, flag, value}, run)
				err := cmd.Run()
				done++
				if flag == "-f" { // Go's runtime and the system's loader end a process that lacks memory or files at once
					if err := polite(err, out.String()); err != nil {
						return done, fmt.Errorf("ulimit %s %s: %w", flag, value, err)
					}
				}
			}
			if err := t.compare(run); err != nil {
				return done, fmt.Errorf("ulimit %s %s: %w", flag, value, err)
			}
		}
		return done, nil
	}
}

// rivals starts two processes in one run at the same time: one of them trains, the other is refused.
func (t *torture) rivals(kills int) (done int, err error) {
	for done < max(3, kills/20) {
		run := t.next()
		a, outA := t.command(run)
		b, outB := t.command(run)
		if err := a.Start(); err != nil {
			return done, err
		}
		errB := b.Run()
		errA := a.Wait()
		if (errA == nil) == (errB == nil) {
			return done, fmt.Errorf("%s: not one of two trained: %v: %s, %v: %s", run, errA, outA, errB, outB)
		}
		done++
		if err := t.compare(run); err != nil {
			return done, err
		}
	}
	return done, nil
}
