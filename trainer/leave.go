package trainer

import "errors"

// ErrStopped is what errors.Is finds where a run was asked to stop, by a signal for instance.
var ErrStopped = errors.New("stopped")

// errPaused ends Algorithm 1 at Options.Until.
var errPaused = errors.New("paused")

// leave ends a run that did not finish: one that was stopped, by a guard too, or paused is saved; one that diverged keeps
// its last good checkpoint.
func (t *Trainer) leave(cause error) error {
	t.progress.clear()
	if errors.Is(cause, ErrNotFinite) {
		return t.diverged(cause)
	}
	if errors.Is(cause, ErrStopped) || errors.Is(cause, ErrGuard) {
		if err := t.save(); err != nil {
			return errors.Join(cause, err)
		}
		t.folder.say("%v; stopped at %s step %d and saved; go on with --resume", cause, t.state.Phase, t.state.Step)
		return cause
	}
	if errors.Is(cause, errPaused) {
		if err := t.save(); err != nil {
			return err
		}
		t.folder.say("paused at %s step %d and saved; go on with --resume", t.state.Phase, t.state.Step)
		return nil
	}
	t.folder.say("failed: %v", cause)
	return cause
}

// diverged says where a diverged run can go on from.
func (t *Trainer) diverged(cause error) error {
	last, err := LatestCheckpoint(t.folder.dir)
	switch {
	case err != nil:
		return errors.Join(cause, err)
	case last == "":
		t.folder.say("failed: %v; there is no checkpoint from before it", cause)
	default:
		t.folder.say("failed: %v; the last good checkpoint is %s: go on from it with --resume and --set", cause, last)
	}
	return cause
}
