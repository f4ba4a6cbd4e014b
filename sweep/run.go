package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"gopkg.in/yaml.v3"

	"simgan/internal/atomicfile"
	"simgan/internal/bar"
	"simgan/internal/exit"
	"simgan/internal/filelock"
	"simgan/trainer/config"
)

// Options are what Run and RunTrial take.
type Options struct {
	Command []string  // the program that trains and evaluates; nil: this one
	Out     io.Writer // a line for each thing that happens
}

// runner runs trials of a sweep.
type runner struct {
	*Sweep
	command []string
	out     io.Writer
	mu      sync.Mutex // of out
	bar     *bar.Bar   // trials with a result, of all
}

func newRunner(s *Sweep, o Options) (*runner, error) {
	if o.Command == nil {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		o.Command = []string{self}
	}
	return &runner{Sweep: s, command: o.Command, out: o.Out, bar: bar.New(o.Out, "sweep", "trials")}, s.claim()
}

// logf prints a line about a trial.
func (r *runner) logf(t *Trial, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bar.Clear()
	fmt.Fprintf(r.out, "trial %d: %s\n", t.Number, fmt.Sprintf(format, args...))
}

// claim creates the sweep's folder with sweep.yaml, which holds all that trials depend on. The folder of another sweep
// is refused.
func (s *Sweep) claim() error {
	text, err := yaml.Marshal(struct {
		Base          config.Config  `yaml:"base"`
		Parameters    []Parameter    `yaml:"parameters"`
		Method        string         `yaml:"method"`
		Seed          uint64         `yaml:"seed"`
		Objective     Objective      `yaml:"objective"`
		EarlyStopping *EarlyStopping `yaml:"early_stopping"`
	}{s.base, s.Parameters, s.Method, s.Seed, s.Objective, s.EarlyStopping})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return fmt.Errorf("sweep folder: %w", err)
	}
	path := filepath.Join(s.Dir, "sweep.yaml")
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return atomicfile.Write(path, text)
	case err != nil:
		return err
	case !bytes.Equal(old, text):
		return exit.Usagef("%s holds trials of a sweep with another base, parameters, method, seed, objective or early "+
			"stopping than %s "+
			"(compare its sweep.yaml); choose another dir, or remove the folder", s.Dir, s.Path)
	}
	return nil
}

// Run runs the sweep, or what is left of it, and writes its results after every trial. If ctx is cancelled, Run stops
// the trials, which saves them, and returns ctx's cause. Calling Run again continues.
func Run(ctx context.Context, s *Sweep, o Options) error {
	r, err := newRunner(s, o)
	if err != nil {
		return err
	}
	lock, err := filelock.Wait(ctx, filepath.Join(s.Dir, ".sweep.lock"), forkTime)
	if errors.Is(err, filelock.ErrHeld) {
		return fmt.Errorf("%s: another simgan sweep is running it: %w", s.Dir, err)
	}
	if err != nil {
		return err
	}
	defer lock.Unlock()
	trials, err := s.trials()
	if err != nil {
		return err
	}
	if err := r.loop(ctx, trials); err != nil {
		return err
	}
	if err := s.WriteResults(o.Out); err != nil {
		return err
	}
	return s.incomplete()
}

// incomplete returns an error if trials did not come to an end, which were stopped from elsewhere or belong to another
// process, or if every trial failed or diverged.
func (s *Sweep) incomplete() error {
	trials, err := s.trials()
	if err != nil {
		return err
	}
	unfinished, ended := 0, 0
	for _, t := range trials {
		switch t.Status {
		case Running, Interrupted:
			unfinished++
		case Failed, Diverged:
			ended++
		}
	}
	switch {
	case unfinished > 0:
		return fmt.Errorf("%d of %d trials did not finish: their processes were stopped, or another process trains in their "+
			"folders; call the sweep again to continue", unfinished, len(trials))
	case ended < len(trials):
		return nil
	}
	return fmt.Errorf("%w; each trial's process.log in %s says why", ErrNoneDone, s.Dir)
}

// ErrNoneDone says that all trials of a sweep have ended, and none of them is done.
var ErrNoneDone = errors.New("every trial failed or diverged")

// slots shares the machine between the trials that run at a time.
func (s *Sweep) slots() []slot {
	slots := make([]slot, s.Parallel)
	for i := range slots {
		slots[i].threads = s.Threads
		if s.Threads == 0 {
			slots[i].threads = max(1, runtime.NumCPU()/s.Parallel)
		}
		if len(s.Devices) > 0 {
			slots[i].device = s.Devices[i]
		}
	}
	return slots
}

// advanced is a trial that reached a rung or its end, or was interrupted.
type advanced struct {
	trial *Trial
	on    slot
	err   error // of the sweep, not of the trial
}

// loop starts trials on free slots until none is left.
func (r *runner) loop(ctx context.Context, trials []*Trial) (failed error) {
	q := newQueue(r.Sweep, trials)
	free := r.slots()
	finished := make(chan advanced)
	defer r.bar.Clear()
	for running := 0; ; {
		r.bar.Set(q.settled(), r.Trials)
		for len(free) > 0 && failed == nil && ctx.Err() == nil {
			t := q.pick(running == 0)
			if t == nil {
				break
			}
			on := free[0]
			free = free[1:]
			running++
			go func() { finished <- r.start(ctx, t, on) }()
		}
		if running == 0 {
			break
		}
		a := r.wait(finished, q.settled())
		running--
		free = append(free, a.on)
		q.update(a.trial)
		failed = errors.Join(failed, a.err)
		if a.err == nil {
			failed = errors.Join(failed, r.WriteResults(io.Discard))
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return failed
}

// wait returns the next trial that finished, and shows meanwhile how many are settled.
func (r *runner) wait(finished <-chan advanced, settled int) advanced {
	show := time.NewTicker(time.Second)
	defer show.Stop()
	for {
		select {
		case a := <-finished:
			return a
		case <-show.C:
			if bar.IsTerminal(r.out) { // lines elsewhere come with a trial's
				r.bar.Set(settled, r.Trials)
			}
		}
	}
}

// start advances a copy of the trial by a rung, under its lock.
func (r *runner) start(ctx context.Context, t *Trial, on slot) advanced {
	c := *t
	c.Rungs = slices.Clone(t.Rungs)
	unlock, err := c.lock(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.logf(&c, "left alone: %v", err)
		}
		c.Status = Interrupted
		return advanced{&c, on, nil}
	}
	defer unlock()
	err = r.advance(ctx, &c, on)
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		err = nil
	}
	return advanced{&c, on, err}
}

// advance trains the trial to its next rung, or its end, and takes its objective there. A crash belongs to the trial
// and is no error. Errors are ctx's cause and those of the disk.
func (r *runner) advance(ctx context.Context, t *Trial, on slot) error {
	rung := r.nextRung(t)
	t.Status = Running
	if err := t.save(); err != nil {
		return err
	}
	if len(t.Rungs) == 0 {
		r.logf(t, "%s", describe(t.Settings))
	}
	start := time.Now()
	value, err := r.trainAndEvaluate(ctx, t, rung, on)
	t.Seconds += time.Since(start).Seconds()
	var ended crash
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		t.Status = Interrupted
		return errors.Join(err, t.save())
	case err == nil:
		r.record(t, rung, value)
	case errors.As(err, &ended) && exit.Interrupted(ended.code):
		t.Status = Interrupted
		r.logf(t, "stopped by a signal from elsewhere; call the sweep again to continue it")
	case errors.As(err, &ended) && ended.code == exit.Guard:
		t.Status, t.Problem = Diverged, ended.tail
		r.logf(t, "diverged; see %s", filepath.Join(t.dir, "process.log"))
	default:
		t.Status, t.Problem = Failed, err.Error()
		r.logf(t, "failed: %v", err)
	}
	return t.save()
}

func (r *runner) record(t *Trial, rung int, value float64) {
	if rung == 0 {
		t.Status, t.Value = Done, &value
		r.logf(t, "%s %.5g, %.0f s", r.Objective.name(), value, t.Seconds)
		return
	}
	t.Status = Stopped
	t.Rungs = append(t.Rungs, Rung{rung, value})
	r.logf(t, "at step %d %s is %.5g", rung, r.Objective.name(), value)
}

// trainAndEvaluate trains the trial to the rung and reads its objective, or evaluates it first.
func (r *runner) trainAndEvaluate(ctx context.Context, t *Trial, rung int, on slot) (float64, error) {
	if err := r.process(ctx, t, on, r.trainArgs(t, rung, on)); err != nil {
		return 0, err
	}
	if r.Objective.Evaluation != "" && !exists(t.dir, evaluationFile(rung)) {
		if err := r.process(ctx, t, on, r.evalArgs(t, rung, on)); err != nil {
			return 0, err
		}
	}
	if r.Objective.Command != "" && !exists(t.dir, commandFile(rung)) {
		if err := r.score(ctx, t, rung, on); err != nil {
			return 0, err
		}
	}
	return r.Objective.read(t.dir, rung)
}
