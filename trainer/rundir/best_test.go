package rundir

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/exit"
)

// measured is a state with a distance; below 0 it was not measured.
func measured(distance, synthetic float64) any {
	if distance < 0 {
		return struct{}{}
	}
	return map[string]Realism{"realism": {distance, synthetic}}
}

// The best checkpoint stays however many newer ones come, until a better one is whole. Of equal ones the newest is the
// best. Distances of other images do not compare; those of another device do.
func TestTheBestCheckpointIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		states []any // of steps 0, 1, ...; two are kept
		want   string
		best   int // -1: none
	}{
		"none measured": {[]any{measured(-1, 0), measured(-1, 0), measured(-1, 0)}, "1 2", -1},
		"an old one":    {[]any{measured(-1, 0), measured(.2, 1), measured(.3, 1), measured(.5, 1), measured(.4, 1)}, "1 3 4", 1},
		"a new one":     {[]any{measured(.2, 1), measured(.3, 1), measured(.4, 1), measured(.1, 1)}, "2 3", 3},
		"equal":         {[]any{measured(.2, 1), measured(.4, 1), measured(.4, 1), measured(.2, 1), measured(-1, 0)}, "3 4", 3},
		"rounded":       {[]any{measured(-1, 0), measured(.1, 1), measured(.4, 1.0001), measured(.3, 0.9999), measured(.5, 1)}, "1 3 4", 1},
		"other images":  {[]any{measured(.1, 1), measured(.4, 2), measured(.3, 2), measured(.5, 2)}, "2 3", 2},
	} {
		f := open(t, "run")
		for step, state := range c.states {
			if err := f.WriteCheckpoint(step, 2, state, func(string) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		list, err := Checkpoints(f.Dir)
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		for _, k := range list {
			steps = append(steps, strings.TrimLeft(strings.TrimPrefix(filepath.Base(k.Folder), stepPrefix), "0"))
		}
		if got := strings.Join(steps, " "); got != c.want {
			t.Errorf("%s: kept %s, want %s", name, got, c.want)
		}
		best, ok := Best(list)
		if ok != (c.best >= 0) || ok && best.Step != c.best {
			t.Errorf("%s: the best is %+v, %t", name, best, ok)
		}
	}
}

// A checkpoint is found by its name or its step. A name that there is none of is answered with those that there are.
func TestFindCheckpoint(t *testing.T) {
	f := open(t, "run")
	if _, err := FindCheckpoint(f.Dir, "best"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no checkpoint: %v", err)
	}
	for step, distance := range map[int]float64{100: .5, 200: .25, 300: .75} {
		if err := f.WriteCheckpoint(step, 0, measured(distance, 1), func(string) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]int{"": 300, "latest": 300, "best": 200, "100": 100, "0000100": 100, "step-0000100": 100} {
		if folder, err := FindCheckpoint(f.Dir, name); err != nil || filepath.Base(folder) != stepName(want) {
			t.Errorf("%q is %s, %v", name, folder, err)
		}
	}
	for name, want := range map[string]string{
		"150": "no checkpoint of this step; there are 100, 200 (best), 300 (latest)", "-1": "no checkpoint of this step",
		"bset": `is "bset"; use best, latest or a step: run ` + f.Dir + " has 100, 200 (best), 300 (latest)",
	} {
		if _, err := FindCheckpoint(f.Dir, name); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	// A damaged state.json hides only its own measurement.
	if err := os.WriteFile(filepath.Join(f.Dir, checkpointsFolder, stepName(200), stateFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if folder, err := FindCheckpoint(f.Dir, "best"); err != nil || filepath.Base(folder) != stepName(100) {
		t.Errorf("beside a damaged state: %s, %v", folder, err)
	}
	g := open(t, "off")
	if err := g.WriteCheckpoint(5, 0, measured(-1, 0), func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := FindCheckpoint(g.Dir, "best"); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "eval.every") {
		t.Errorf("nothing measured: %v", err)
	}
}

// The checkpoint that an evaluation chose is the best, whatever the distances say, and stays. Without it, or if the
// file is broken, distances count.
func TestTheChosenCheckpointIsBest(t *testing.T) {
	f := open(t, "run")
	write := func(step int) {
		t.Helper()
		if err := f.WriteCheckpoint(step, 2, measured(float64(5-step)/10, 1), func(string) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(f.Dir, BestFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	choose := func(step int) {
		t.Helper()
		list, err := Checkpoints(f.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if choice, err := c.Choose(); c.Step == step && err == nil {
				text, _ := json.Marshal(choice)
				put(string(text))
				return
			}
		}
		t.Fatalf("no checkpoint of step %d", step)
	}
	check := func(want string) {
		t.Helper()
		folder, err := FindCheckpoint(f.Dir, BestName)
		if err != nil || filepath.Base(folder) != want {
			t.Errorf("the best is %s, %v; want %s", folder, err, want)
		}
	}
	write(0)
	choose(0)
	for step := 1; step < 4; step++ {
		write(step)
	}
	check("step-0000000")
	put(`{"step": `)
	check("step-0000003")
	choose(2)
	check("step-0000002")
	if err := os.RemoveAll(filepath.Join(f.Dir, checkpointsFolder, "step-0000002")); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteCheckpoint(2, 0, measured(0.9, 1), func(string) error { return nil }); err != nil { // another one
		t.Fatal(err)
	}
	check("step-0000003")
}
