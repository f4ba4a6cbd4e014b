package launch

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"simgan/internal/exit"
)

// runShell runs a shell script per process.
func runShell(t *testing.T, ctx context.Context, scripts ...string) (lines []string, err error) {
	t.Helper()
	var out bytes.Buffer
	o := Options{Program: "/bin/sh", Out: &out, Grace: 100 * time.Millisecond}
	for _, s := range scripts {
		o.Args = append(o.Args, []string{"-c", s})
	}
	err = Run(ctx, o)
	return strings.Split(strings.TrimSpace(out.String()), "\n"), err
}

func TestProcessesKnowTheirPlace(t *testing.T) {
	t.Setenv("OMP_NUM_THREADS", "3")
	say := "echo $RANK $WORLD_SIZE $LOCAL_RANK $MASTER_ADDR $OMP_NUM_THREADS; printf 'no end' >&2; test $MASTER_PORT -gt 0"
	lines, err := runShell(t, context.Background(), say, say)
	slices.Sort(lines)
	want := []string{"0: 0 2 0 127.0.0.1 3", "0: no end", "1: 1 2 1 127.0.0.1 3", "1: no end"}
	if err != nil || !slices.Equal(lines, want) {
		t.Errorf("%q, %v, want %q", lines, err, want)
	}
}

// If one fails, the others end soon, and its exit code keeps its meaning.
func TestOneFails(t *testing.T) {
	for script, want := range map[string]struct {
		kind error
		text string
	}{
		"exit 1":        {nil, "process 1 of 2 (ranks count from 0) ended with exit code 1"},
		"exit 2":        {exit.ErrUsage, "process 1 of 2"},
		"exit 3":        {exit.ErrGuard, "process 1 of 2"},
		"exit 143":      {exit.ErrStopped, "SIGTERM"},
		"kill -KILL $$": {nil, "was ended by signal 9 (killed)"},
	} {
		start := time.Now()
		_, err := runShell(t, context.Background(), "exec sleep 10", script)
		if err == nil || !strings.Contains(err.Error(), want.text) || want.kind != nil && !errors.Is(err, want.kind) {
			t.Errorf("%s: %v, want %v, %s", script, err, want.kind, want.text)
		}
		if time.Since(start) > 5*time.Second {
			t.Errorf("%s: the other process was waited for", script)
		}
	}
}

func TestSignalsArePassedOn(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(200*time.Millisecond, func() { cancel(exit.Stopped{Signal: 10}) })
	script := "trap 'echo saved; exit 138' USR1; while :; do sleep 0.05; done"
	lines, err := runShell(t, ctx, script, script)
	slices.Sort(lines)
	if !slices.Equal(lines, []string{"0: saved", "1: saved"}) || !errors.Is(err, exit.Stopped{Signal: 10}) {
		t.Errorf("%q, %v", lines, err)
	}
}
