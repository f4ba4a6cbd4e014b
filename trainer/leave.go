package trainer

import (
	"errors"

	"simgan/internal/exit"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// errPaused ends Algorithm 1 at Options.Until.
var errPaused = errors.New("paused")

// leave ends a run that did not finish. A run that was stopped, also by a guard, or paused is saved. A run that
// diverged keeps its last good checkpoint.
func (r *run) leave(cause error) error {
	r.progress.clear()
	m := r.model
	switch {
	case r.group.Failed(): // the others are gone: nothing can be saved
		r.folder.Logf("failed: %v; continue from the last checkpoint with --resume", cause)
		return cause
	case errors.Is(cause, simgan.ErrNotFinite):
		return r.leaveDiverged(cause)
	case errors.Is(cause, exit.ErrStopped), errors.Is(cause, exit.ErrGuard):
		if err := r.save(); err != nil {
			return errors.Join(cause, err)
		}
		r.folder.Logf("%v; stopped at %s step %d and saved; continue with --resume", cause, m.Phase, m.Step)
		return cause
	case errors.Is(cause, errPaused):
		if err := r.save(); err != nil {
			return err
		}
		r.folder.Logf("paused at %s step %d and saved; continue with --resume", m.Phase, m.Step)
		return nil
	}
	r.folder.Logf("failed: %v", cause)
	return cause
}

// leaveDiverged logs where a diverged run can continue from.
func (r *run) leaveDiverged(cause error) error {
	last, err := rundir.LatestCheckpoint(r.dir)
	switch {
	case err != nil:
		return errors.Join(cause, err)
	case last == "":
		r.folder.Logf("failed: %v; there is no checkpoint from before it", cause)
	default:
		r.folder.Logf("failed: %v; the last good checkpoint is %s: continue from it with --resume and --set", cause, last)
	}
	return cause
}
