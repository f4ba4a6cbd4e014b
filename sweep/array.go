package sweep

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"simgan/internal/exit"
)

// RunTrial runs one trial to its end, as a task of an array of jobs does. Early stopping compares the trial with the
// results that other tasks have left in the folder so far. It does not wait for them.
func RunTrial(ctx context.Context, s *Sweep, k int, o Options) error {
	if err := s.independent(); err != nil {
		return err
	}
	if k < 0 || k >= s.Trials {
		return exit.Usagef("trial %d: the sweep has trials 0 to %d", k, s.Trials-1)
	}
	r, err := newRunner(s, o)
	if err != nil {
		return err
	}
	t := s.newTrial(k, s.draw(k))
	unlock, err := t.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if begun, err := s.load(k); err != nil {
		return err
	} else if begun != nil {
		t = begun
	}
	on := slot{threads: s.Threads}
	if on.threads == 0 { // a Slurm task's share
		on.threads, _ = strconv.Atoi(os.Getenv("SLURM_CPUS_PER_TASK"))
	}
	return r.alone(ctx, t, on)
}

func (r *runner) alone(ctx context.Context, t *Trial, on slot) error {
	for ran := false; ; ran = true {
		switch t.Status {
		case Done, Diverged:
			if !ran {
				r.logf(t, "is %s already", t.Status)
			}
			return nil
		case Failed:
			return fmt.Errorf("trial %d failed: %s", t.Number, t.Problem)
		case Stopped:
			trials, err := r.trials()
			if err != nil {
				return err
			}
			rung := t.Rungs[len(t.Rungs)-1].Step
			if !r.survives(t, trials, rung) {
				r.logf(t, "early stopping ends it at step %d", rung)
				return nil
			}
		}
		if err := r.advance(ctx, t, on); err != nil {
			return err
		}
		if t.Status == Interrupted {
			return fmt.Errorf("trial %d: its process was stopped by a signal; run it again to continue", t.Number)
		}
	}
}

// independent refuses methods that need the results of other trials to choose the next one.
func (s *Sweep) independent() error {
	if s.Method != "tpe" {
		return nil
	}
	return exit.Usagef("method tpe chooses a trial's parameters after the results of earlier ones, so they are not known "+
		"before; "+
		"use method: random or grid, or run `simgan sweep %s` itself in one job", s.Path)
}
