package bench

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/exit"
)

func unsaved() error { return nil }

// Two contestants in three rounds, twice as fast in each: the last line counts, whatever is printed before it.
func TestTakeTurns(t *testing.T) {
	ours := &loaderTurns{
		Name:    "simgan",
		Data:    "a",
		Command: []string{"sh", "-c", `echo loading; echo '{"images_per_second": 20}'`},
	}
	theirs := &loaderTurns{Name: "PyTorch", Data: "a", Command: []string{"sh", "-c", `echo '{"images_per_second": 10}'`}}
	all := []*loaderTurns{ours, theirs}
	if err := takeTurns(t.Context(), all, 3, io.Discard, loaderSpeed, unsaved); err != nil {
		t.Fatal(err)
	}
	if m := ours.median(loaderSpeed); len(ours.Turns) != 3 || m != 20 {
		t.Errorf("%d turns, median %v", len(ours.Turns), m)
	}
	if got := ours.beside(find(all, "PyTorch", "a"), loaderSpeed); got != "2.00 (2.00 to 2.00)" {
		t.Errorf("beside PyTorch: %s", got)
	}
	if got := ours.beside(find(all, "PyTorch", "b"), loaderSpeed); got != "" {
		t.Errorf("beside nothing: %s", got)
	}
}

// Each round begins with another contestant, and each has its own environment.
func TestTakeTurnsRotates(t *testing.T) {
	order := filepath.Join(t.TempDir(), "order")
	var all []*loaderTurns
	for _, name := range []string{"a", "b", "c"} {
		all = append(all, &loaderTurns{
			Name: name, Environment: []string{"WHO=" + name},
			Command: []string{"sh", "-c", "printf $WHO >>" + order + "; echo {}"},
		})
	}
	if err := takeTurns(t.Context(), all, 4, io.Discard, loaderSpeed, unsaved); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(order); string(text) != "abcbcacababc" {
		t.Errorf("order %q, %v", text, err)
	}
}

// What a contestant says on its way out is in the error, its last line in the table.
func TestTakeTurnsFails(t *testing.T) {
	for command, want := range map[string]string{"echo Traceback >&2; echo no torch >&2; exit 3": "no torch", "echo hello": "printed no JSON"} {
		c := &trainTurns{Name: "simgan float32", Command: []string{"sh", "-c", command}}
		if err := takeTurns(t.Context(), []*trainTurns{c}, 1, io.Discard, trainSpeed, unsaved); err != nil {
			t.Error(err)
		}
		err := failures([]*trainTurns{c})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "simgan float32: ") {
			t.Errorf("%s: %v", command, err)
		}
		if reason := c.reason(); !strings.Contains(reason, want) || strings.Contains(reason, "\n") {
			t.Errorf("%s: reason %q", command, reason)
		}
	}
}

// One contestant fails in its second turn, one in its first: they take no more turns, the others take all, and after each
// turn the figures so far are saved.
func TestTakeTurnsGoesOn(t *testing.T) {
	dir := t.TempDir()
	fine := `echo '{"images_per_second": 10, "seconds_iteration": 1, "seconds_r_step": 1, "losses": [5], "flops_iteration": 50, "notes": ["fused refiner off: a test"]}'`
	all := []*trainTurns{
		{Name: "simgan float32", Command: []string{"sh", "-c", fine}},
		{Name: "PyTorch float32", Command: []string{"sh", "-c", "mkdir " + dir + "/once || exit 1; " + fine}},
		{
			Name:    "PyTorch bfloat16 torch.compile",
			Command: []string{"sh", "-c", "echo trace >&2; echo out of registers >&2; exit 1"},
		},
	}
	file := &figures{Peak: peak{FLOPs: 100}, Presets: []*presetFigures{{Preset: "gaze", Contestants: all}}}
	saves, watch := 0, watchGPU(t.Context(), "")
	defer watch.stop()
	err := takeTurns(t.Context(), all, 3, io.Discard, trainSpeed, func() error {
		saves++
		file.Presets[0].judge(watch)
		return saveFigures(filepath.Join(dir, "table.md"), file.table(), filepath.Join(dir, "figures.json"), file)
	})
	if err != nil || saves != 6 || len(all[0].Turns) != 3 || len(all[1].Turns) != 1 || len(all[2].Turns) != 0 ||
		file.Presets[0].unequal != nil {
		t.Fatalf("%v, %d saves, %+v, %v", err, saves, file.Presets[0], file.Presets[0].unequal)
	}
	if err := failures(all); err == nil || !strings.Contains(err.Error(), "PyTorch float32: ") ||
		!strings.Contains(err.Error(), "out of registers") {
		t.Errorf("failures: %v", err)
	}
	for name, wants := range map[string][]string{
		"table.md": {
			"| simgan float32 | 10 | 1000.0 | 0.0 | 0 | 50 % | - | 0 | 1.00 (1.00 to 1.00) |", "| PyTorch bfloat16 torch.compile | failed |",
			"**simgan float32 is 1.00 (1.00 to 1.00) times as fast as PyTorch float32**",
			"* PyTorch float32: failed in round 2: ", "* PyTorch bfloat16 torch.compile: failed in round 1: out of registers\n", "* simgan float32: fused refiner off: a test\n",
		},
		"figures.json": {`"images_per_second": 10`, `"error": "sh -c`, `out of registers`},
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		for _, want := range wants {
			if err != nil || !strings.Contains(string(text), want) {
				t.Errorf("%s lacks %q: %v\n%s", name, want, err, text)
			}
		}
	}
}

// Figures that cannot be saved end the turns. A signal ends them, too.
func TestTakeTurnsEnds(t *testing.T) {
	c := &trainTurns{Name: "simgan float32", Command: []string{"sh", "-c", "echo {}"}}
	full := errors.New("disk full")
	if err := takeTurns(t.Context(), []*trainTurns{c}, 2, io.Discard, trainSpeed, func() error { return full }); !errors.Is(
		err,
		full,
	) ||
		len(c.Turns) != 1 {
		t.Errorf("%v, %d turns", err, len(c.Turns))
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(exit.ErrStopped)
	if err := takeTurns(ctx, []*trainTurns{c}, 2, io.Discard, trainSpeed, unsaved); !errors.Is(err, exit.ErrStopped) ||
		c.Error != "" {
		t.Errorf("%v, %q", err, c.Error)
	}
}
