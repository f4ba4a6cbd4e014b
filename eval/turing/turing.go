package turing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/internal/filelock"
	"simgan/trainer"
)

// Options are what Run takes.
type Options struct {
	Run        string  // the run folder of the refiner
	Checkpoint string  // best, latest or a step; "": latest
	Pairs      bool    // a real and a refined image side by side
	N          *int    // images of each kind; nil: DefaultN, or that of the unfinished test
	Seed       *uint64 // decides which images are shown, and their order; nil: the test's number
	Real       string  // SPECs; "": those of the run
	Synthetic  string
	New        bool // discard an unfinished test instead of continuing it
	Port       int  // 0: any free port
	Device     cgo.Device
	Out        io.Writer
	Open       func(address string) error // opens a browser; nil: none is opened

	rest time.Duration // see defaultRest, which 0 means
}

// lockFile is locked in the run folder while a test is shown.
const lockFile = ".turing.lock"

// DefaultN is the number of real images, and of refined ones, that the paper showed each person.
const DefaultN = 50

// mostN bounds the images of each kind: they are in memory.
const mostN = 10000

// Run shows a test until the person has finished it, and writes every answer and the result into the run folder. If ctx
// is cancelled, the error is its cause; the answers so far are kept, and the next Run continues the test.
func Run(ctx context.Context, o Options) error {
	if o.N != nil && (*o.N < 1 || *o.N > mostN) {
		return exit.Usagef("--n is %d; use 1 or more, at most %d", *o.N, mostN)
	}
	listener, err := listen(o.Port)
	if err != nil {
		return err
	}
	defer listener.Close()
	l, err := trainer.LoadCheckpoint(o.Run, o.Checkpoint, o.Device)
	if err != nil {
		return err
	}
	defer l.Refiner.Close()
	s := store{o.Run}
	lock, err := filelock.Try(filepath.Join(o.Run, lockFile))
	if errors.Is(err, filelock.ErrHeld) {
		return fmt.Errorf("another simgan turing shows a test of %s: finish or stop it first", o.Run)
	}
	if err != nil {
		return err
	}
	defer lock.Unlock()
	n, test, err := o.prepare(ctx, s, l)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "test %d of %s: %d questions, %d answered; answers are kept in %s\n",
		n, o.Run, len(test.Questions), test.Current(), s.path(n, "csv"))
	view := newView(test, func() (Pool, error) { return s.keep(n, test) })
	view.File, view.rest = s.path(n, "csv"), cmp.Or(o.rest, defaultRest)
	return view.serve(ctx, listener, o.Out, o.Open)
}

// keep writes the test, and the summary when it is done.
func (s store) keep(n int, t *Test) (Pool, error) {
	if err := s.save(n, t); err != nil || !t.Done {
		return Pool{}, err
	}
	return s.summarize(t.Settings)
}

// prepare returns the unfinished test of the run, or a new one, with its number.
func (o Options) prepare(ctx context.Context, s store, l trainer.Loaded) (int, *Test, error) {
	tests, err := s.records()
	if err != nil {
		return 0, nil, err
	}
	n, unfinished := 1, record{}
	if len(tests) > 0 {
		last := tests[len(tests)-1]
		n = last.n + 1
		if !last.Done {
			n, unfinished = last.n, last.record
		}
	}
	if o.New {
		unfinished = record{}
	}
	asked := o.settings(n, unfinished.Settings, l)
	if asked.Real == "" || asked.Synthetic == "" {
		return 0, nil, exit.Usagef("the run names no real or no synthetic images: give --real SPEC and --synthetic SPEC")
	}
	if unfinished.Settings.N > 0 && unfinished.Settings != asked {
		return 0, nil, differs(s.path(n, "json"), unfinished.Settings, asked)
	}
	t := &Test{Settings: asked, Answers: unfinished.Answers}
	if t.Questions, err = asked.ask(ctx, l.Refiner, l.Config.Seed, l.Config.Data.SkipBad); err != nil {
		return 0, nil, err
	}
	if err := t.check(); err != nil {
		return 0, nil, fmt.Errorf("%s: %w: discard the test with --new", s.path(n, "json"), err)
	}
	return n, t, s.save(n, t)
}

// settings completes what was asked for by the unfinished test, if any, and by the run's config.
func (o Options) settings(n int, unfinished Settings, l trainer.Loaded) Settings {
	images, seed := DefaultN, uint64(n)
	if unfinished.N > 0 {
		images, seed = unfinished.N, unfinished.Seed
	}
	if o.N != nil {
		images = *o.N
	}
	if o.Seed != nil {
		seed = *o.Seed
	}
	return Settings{
		Pairs: o.Pairs, N: images, Seed: seed, Checkpoint: l.Checkpoint,
		Real:      cmp.Or(o.Real, unfinished.Real, l.Config.Data.Real),
		Synthetic: cmp.Or(o.Synthetic, unfinished.Synthetic, l.Config.Data.Synthetic),
	}
}

// check refuses answers, read from a file, that do not belong to the questions.
func (t *Test) check() error {
	if len(t.Answers) > len(t.Questions) {
		return fmt.Errorf("has %d answers to %d questions", len(t.Answers), len(t.Questions))
	}
	c := t.Choices()
	for i, a := range t.Answers {
		if !slices.Contains(c[:], a.Said) {
			return fmt.Errorf("answer %d is %q, neither %s nor %s", i+1, a.Said, c[0], c[1])
		}
	}
	return nil
}

// differs is the error of an unfinished test of other images than those asked for.
func differs(path string, unfinished, asked Settings) error {
	for _, k := range []struct {
		name     string
		was, now any
	}{
		{"--pairs is", unfinished.Pairs, asked.Pairs}, {"--n is", unfinished.N, asked.N},
		{"--seed is", unfinished.Seed, asked.Seed}, {"--real is", unfinished.Real, asked.Real},
		{"--synthetic is", unfinished.Synthetic, asked.Synthetic},
		{"the checkpoint is", unfinished.Checkpoint, asked.Checkpoint},
	} {
		if k.was != k.now {
			return exit.Usagef("%s is an unfinished test of other images (%s %v, now %v): finish it as it was begun, or "+
				"discard it with --new", path, k.name, k.was, k.now)
		}
	}
	return nil
}
