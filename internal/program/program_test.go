package program

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNumber(t *testing.T) {
	for command, want := range map[string]float64{
		"echo 1; echo 2.5":             2.5,
		"echo '  -3e-2  '; echo; echo": -0.03,
		"printf 7":                     7, // no line break at the end
		"echo 4; echo 5 >&2":           4,
	} {
		got, err := Call{Command: command, Out: &bytes.Buffer{}}.Number(t.Context())
		if err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", command, got, err, want)
		}
	}
}

func TestNoNumber(t *testing.T) {
	for command, want := range map[string]string{
		"true":             "printed nothing",
		"echo 3; echo NaN": `"NaN" last`,
		"echo inf":         `"inf" last`,
		"echo 3 degrees":   `"3 degrees" last`,
		"echo 3; exit 4":   "exit status 4",
		"kill -9 $$":       "signal: killed",
		"/nowhere/program": "exit status 127",
	} {
		if v, err := (Call{Command: command, Out: &bytes.Buffer{}}).Number(t.Context()); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", command, v, err, want)
		}
	}
}

// Arguments arrive as they are, whatever is in them; what is printed is passed on.
func TestArguments(t *testing.T) {
	var out bytes.Buffer
	c := Call{Command: `printf '%s|'`, Args: []string{`a b`, `'"$(x)`, ""}, Out: &out}
	if _, err := c.Number(t.Context()); err == nil || out.String() != `a b|'"$(x)||` {
		t.Errorf("%q, %v", out.String(), err)
	}
	c.Command, c.Env, out = `echo "$ROW$#";:`, []string{"ROW=4"}, bytes.Buffer{}
	if v, err := c.Number(t.Context()); err != nil || v != 43 || out.String() != "43\n" {
		t.Errorf("%v %q, %v", v, out.String(), err)
	}
}

// Without arguments a line is the shell's as it is; standard output can be had alone, and be read again.
func TestPrinted(t *testing.T) {
	var all, printed bytes.Buffer
	c := Call{Command: "{ echo first; echo aside >&2; echo 6; } # the number", Out: &all, Printed: &printed}
	if v, err := c.Number(t.Context()); err != nil || v != 6 || printed.String() != "first\n6\n" ||
		!strings.Contains(all.String(), "aside\n") {
		t.Errorf("%v, %v; printed %q, all %q", v, err, printed.String(), all.String())
	}
	if v, err := Number(printed.String() + "\n  \n"); err != nil || v != 6 {
		t.Errorf("read again: %v, %v", v, err)
	}
	for _, text := range []string{"", "\n", "6\nnan\n"} {
		if v, err := Number(text); err == nil {
			t.Errorf("%q is %v", text, v)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("before it began")
	cancel(cause)
	if _, err := c.Number(ctx); !errors.Is(err, cause) {
		t.Errorf("cancelled: %v", err)
	}
}

// A program whose time is over, or whose caller stops, is asked to end, and so is what it started.
func TestStops(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	slow := Call{Command: "trap 'exit 0' TERM; (sleep 30; echo late > " + mark + ") & wait; :", Out: &bytes.Buffer{}}
	slow.Timeout = 200 * time.Millisecond
	start := time.Now()
	if _, err := slow.Number(t.Context()); err == nil || !strings.Contains(err.Error(), "within 200ms") {
		t.Errorf("time is over: %v", err)
	}
	cause := errors.New("asked to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(200*time.Millisecond, func() { cancel(cause) })
	slow.Timeout = 0
	if _, err := slow.Number(ctx); !errors.Is(err, cause) {
		t.Errorf("cancelled: %v", err)
	}
	deaf := Call{
		Command: "trap '' TERM; while :; do sleep 0.1; done; :", Out: &bytes.Buffer{}, Timeout: 200 * time.Millisecond,
	}
	defer func(was time.Duration) { grace = was }(grace)
	grace = 300 * time.Millisecond
	if _, err := deaf.Number(t.Context()); err == nil || !strings.Contains(err.Error(), "within 200ms") {
		t.Errorf("deaf: %v", err)
	}
	if time.Since(start) > 10*time.Second {
		t.Errorf("took %v", time.Since(start))
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("a process that it started went on")
	}
}
