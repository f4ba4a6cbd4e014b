package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A job of two processes must end within the timeout after one is killed; the launcher adds a little.
const (
	jobTimeout = 20 * time.Second
	jobSlack   = 10 * time.Second
)

// processKills kills one of two processes that train together. The job must end with an error that names it, and then
// continue to the bytes of a job that nobody disturbed.
func (t *torture) processKills(kills int) (done int, err error) {
	want, lines := t.want, t.lines
	defer func() { t.launcher, t.want, t.lines = nil, want, lines }()
	t.launcher = []string{"launch", "--processes", "2", "--"}
	if err := t.reference(); err != nil {
		return 0, err
	}
	for done < max(10, kills/20) {
		run := t.next()
		killed, err := t.killOne(run, t.random.IntN(2))
		if err != nil {
			return done, err
		}
		if killed {
			done++
		}
		if err := t.compare(run); err != nil {
			return done, err
		}
	}
	return done, nil
}

// killOne starts a job and kills its process of that rank at a random moment. It reports whether there still was one.
func (t *torture) killOne(run string, rank int) (killed bool, err error) {
	cmd, out := t.command(run, fmt.Sprintf("train.timeout=%.0f", jobTimeout.Seconds()))
	var at time.Time
	err = t.disturb(cmd, out, t.moment(), func() {
		if pids := children(cmd.Process.Pid); len(pids) == 2 {
			at = time.Now()
			syscall.Kill(pids[rank], syscall.SIGKILL)
		}
	})
	if at.IsZero() || err == nil {
		return false, err
	}
	if took := time.Since(at); took > jobTimeout+jobSlack {
		return true, fmt.Errorf("%s: took %.0f s to end: %s", run, took.Seconds(), out)
	}
	name := fmt.Sprintf("process %d of 2", rank)
	if text := out.String(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(text, name) {
		return true, fmt.Errorf("%s: %w, without naming %s: %s", run, err, name, text)
	}
	return true, nil
}

// children returns the processes that a process has started, the oldest first.
func children(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // none if it has ended
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				pids = append(pids, child)
			}
		}
	}
	slices.Sort(pids)
	return pids
}
