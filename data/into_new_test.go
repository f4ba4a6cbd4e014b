package data

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// left returns the names in a folder.
func left(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// In every format, a cancelled call ends with the cause, long before its last image, and leaves nothing.
func TestSimulateStops(t *testing.T) {
	cause := errors.New("asked to stop")
	try := func(what, format string) {
		dir := t.TempDir()
		ctx, cancel := context.WithCancelCause(t.Context())
		var most atomic.Int64
		err := Simulate(ctx, what, "synthetic", format, 2000, 1, filepath.Join(dir, "out"), func(n, _ int) {
			most.Store(max(most.Load(), int64(n)))
			if n == 2 {
				cancel(cause)
			}
		})
		if names := left(t, dir); !errors.Is(err, cause) || most.Load() > 100 || len(names) > 0 {
			t.Errorf("%s as %s: %v, after %d, left %v", what, format, err, most.Load(), names)
		}
	}
	for format := range formats {
		try("eyes", format)
	}
	for format := range handFormats {
		try("hands", format)
	}
}

// failing is a writer whose disk is full.
type failing struct{ calls atomic.Int64 }

func (f *failing) write(int, int) error { f.calls.Add(1); return errors.New("disk full") }
func (f *failing) close() error         { return errors.New("closed although images are missing") }

func TestWriteScenesStopsAtTheFirstError(t *testing.T) {
	w, dir := &failing{}, t.TempDir()
	open := func(string, int) (sceneWriter[int], error) { return w, nil }
	err := writeScenes(t.Context(), filepath.Join(dir, "out"), 100000, open,
		func(i int) int { return i }, func(int, int) {})
	if err == nil || err.Error() != "disk full" || w.calls.Load() > 100 || len(left(t, dir)) > 0 {
		t.Errorf("%v after %d images, left %v", err, w.calls.Load(), left(t, dir))
	}
}

// The remains of a killed process are removed. A folder that a
// live process is writing to stays, and the call fails at once.
func TestIntoNewAfterAKill(t *testing.T) {
	dir := t.TempDir()
	out, unfinished := filepath.Join(dir, "out"), filepath.Join(dir, ".out.unfinished")
	for _, path := range []string{"0000001.png", "deep/labels.csv", ".lock"} {
		write(t, filepath.Join(unfinished, path), "half")
	}
	err := intoNew(out, func(d string) error {
		again := intoNew(out, func(string) error { return nil })
		refused(t, "a second call at the same time", again, "another simgan is writing")
		return os.WriteFile(filepath.Join(d, "new.png"), nil, 0o644)
	})
	if names := left(t, out); err != nil || len(names) != 1 || names[0] != "new.png" || len(left(t, dir)) != 1 {
		t.Errorf("%v, %v beside %v", err, names, left(t, dir))
	}
}

// An empty folder is replaced, also through a link. The current folder is refused before the work begins.
func TestIntoNewInsteadOfAnEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	empty, link := filepath.Join(dir, "empty"), filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Mkdir(empty, 0o755), os.Symlink(empty, link)); err != nil {
		t.Fatal(err)
	}
	fill := func(d string) error { return os.WriteFile(filepath.Join(d, "new.png"), nil, 0o644) }
	if err := intoNew(link+"/", fill); err != nil || len(left(t, empty)) != 1 || len(left(t, dir)) != 1 {
		t.Errorf("%v, left %v", err, left(t, dir))
	}
	t.Chdir(t.TempDir())
	for _, here := range []string{".", "", "../" + filepath.Base(must(os.Getwd()))} {
		err := intoNew(here, func(string) error { t.Error("the work began"); return nil })
		if err == nil || len(left(t, ".")) > 0 {
			t.Errorf("%q: %v, left %v", here, err, left(t, "."))
		}
	}
}

func must(path string, _ error) string { return path }

// What simgan did not make under the name of an unfinished folder stays as it is: a link's target, a file, a user's
// folder. An empty folder, and what a killed simgan left, are used.
func TestUnfinishedFolderOfAnother(t *testing.T) {
	fill := func(dir string) error { return os.WriteFile(filepath.Join(dir, "image"), []byte("new"), 0o644) }
	for name, c := range map[string]struct {
		prepare func(t *testing.T, unfinished, precious string) error
		taken   bool
	}{
		"link": {func(_ *testing.T, unfinished, precious string) error { return os.Symlink(precious, unfinished) }, false},
		"file": {func(_ *testing.T, unfinished, _ string) error { return os.WriteFile(unfinished, nil, 0o644) }, false},
		"folder": {func(_ *testing.T, unfinished, _ string) error {
			return errors.Join(os.Mkdir(unfinished, 0o755), os.WriteFile(filepath.Join(unfinished, "notes"), nil, 0o644))
		}, false},
		"empty folder": {func(_ *testing.T, unfinished, _ string) error { return os.Mkdir(unfinished, 0o755) }, true},
		"ours": {func(_ *testing.T, unfinished, _ string) error {
			return errors.Join(os.Mkdir(unfinished, 0o755), os.WriteFile(filepath.Join(unfinished, lockName), nil, 0o644),
				os.WriteFile(filepath.Join(unfinished, "stale"), nil, 0o644))
		}, true},
	} {
		dir := t.TempDir()
		precious, out := filepath.Join(dir, "precious"), filepath.Join(dir, "out")
		err := errors.Join(os.Mkdir(precious, 0o755), os.WriteFile(filepath.Join(precious, "a"), []byte("keep"), 0o644),
			c.prepare(t, beside(out, ".unfinished"), precious))
		if err != nil {
			t.Fatal(err)
		}
		before := left(t, dir)
		err = intoNew(out, fill)
		if kept, readErr := os.ReadFile(filepath.Join(precious, "a")); string(kept) != "keep" || readErr != nil {
			t.Errorf("%s: the user's file holds %q, %v", name, kept, readErr)
		}
		switch {
		case c.taken && (err != nil || !slices.Equal(left(t, out), []string{"image"})):
			t.Errorf("%s: %v", name, err)
		case !c.taken && (err == nil || !strings.Contains(err.Error(), "in the way")):
			t.Errorf("%s: error is %v", name, err)
		case !c.taken && !slices.Equal(left(t, dir), before):
			t.Errorf("%s: the folder holds %v, before %v", name, left(t, dir), before)
		}
	}
}
