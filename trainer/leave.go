package trainer

import (
	"errors"
	"fmt"

	"simgan/internal/exit"
	"simgan/internal/shellwords"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// errPaused ends Algorithm 1 at Options.Until.
var errPaused = errors.New("paused")

// leave ends a run that did not finish. A run that was stopped, also by a guard, or paused is saved; if that fails, the
// run has failed. A run that diverged keeps its last good checkpoint. The cause is only logged: the caller shows it.
func (r *run) leave(cause error) error {
	r.progress.clear()
	end, err := r.settle(cause)
	r.end(end)
	return err
}

// settle saves what can be saved. It returns what ended the run, and the run's error.
func (r *run) settle(cause error) (end, err error) {
	m, paused := r.model, errors.Is(cause, errPaused)
	switch {
	case r.group.Failed(): // the others are gone: nothing can be saved
		r.folder.Note("failed: %v", cause)
		r.folder.Logf("continue from the last checkpoint with: %s", r.resume())
		return cause, cause
	case errors.Is(cause, simgan.ErrNotFinite):
		return cause, r.leaveDiverged(cause)
	case !paused && !errors.Is(cause, exit.ErrStopped) && !errors.Is(cause, exit.ErrGuard):
		r.folder.Note("failed: %v", cause)
		return cause, cause
	}
	switch err := r.save(); {
	case errors.Is(err, simgan.ErrNotFinite):
		return err, r.leaveDiverged(err)
	case err != nil:
		err = fmt.Errorf("%v, but the run could not be saved: %w", cause, err)
		r.folder.Note("failed: %v", err)
		return err, err
	case paused:
		r.folder.Logf("paused at %s step %d and saved; continue with: %s", m.Phase, m.Step, r.resume())
		return cause, nil
	}
	r.folder.Note("%v", cause)
	r.folder.Logf("stopped at %s step %d and saved; continue with: %s", m.Phase, m.Step, r.resume())
	return cause, cause
}

// resume returns the command that continues the run.
func (r *run) resume() string {
	return shellwords.Join("simgan", "train", "--run", r.dir, "--resume")
}

// leaveDiverged logs where a diverged run can continue from.
func (r *run) leaveDiverged(cause error) error {
	last, err := rundir.LatestCheckpoint(r.dir)
	if err != nil {
		return errors.Join(cause, err)
	}
	r.folder.Note("failed: %v", cause)
	if last == "" {
		r.folder.Logf("there is no checkpoint from before it")
		return cause
	}
	r.folder.Logf("the last good checkpoint is %s; continue from it with other settings: %s --set KEY=VALUE", last, r.resume())
	return cause
}
