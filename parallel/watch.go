package parallel

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"syscall"
	"time"

	"simgan/internal/exit"
	"simgan/internal/ranks"
)

// Processes that work for hours without a call, each on its part, learn nothing of each other from calls. They watch
// the store, and meet there before they exchange what they have.

// keyMet is a key of the store: a process has come to the meeting of that number.
const keyMet = "met/"

// patience is longer than deadAfter, because a busy machine must not end hours of work.
const patience = 20 * time.Second

// lostError is the error of another process.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

// Watch returns a context that is cancelled when another process fails, dies or is asked to stop. Its cause names the
// process. The caller calls stop at the end.
func (g *Group) Watch(ctx context.Context) (watched context.Context, stop func()) {
	if g == nil {
		return ctx, func() {}
	}
	watched, cancel := context.WithCancelCause(ctx)
	go func() {
		for heard := make([]heartbeat, g.place.Size); watched.Err() == nil; pause(watched, beatPeriod) {
			if err := g.gone(heard); err != nil {
				cancel(lostError{err})
			}
		}
	}()
	return watched, func() { cancel(nil) }
}

func pause(ctx context.Context, most time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(most):
	}
}

// gone returns the error of another process that left before its end, or has not beaten for long. A process that is at
// fault comes before those that left because of it.
func (g *Group) gone(heard []heartbeat) (gone error) {
	for rank := range heard {
		left, err := g.peers.Get(g.key(keyLeft, rank))
		beat, err2 := g.peers.Get(g.key(keyBeat, rank))
		if err := errors.Join(err, err2); err != nil {
			return g.silent([]int{0}, err) // the store went away with process 0
		}
		silent := heard[rank].listen(beat, g.patience)
		if left == nil && silent {
			return g.silent([]int{rank}, errors.New("it gave no sign of life"))
		}
		if left != nil {
			first, why := g.leftEarly(rank, left)
			if first {
				return why
			}
			gone = cmp.Or(gone, why)
		}
	}
	return gone
}

// leftEarly returns why a process left, nil if it was done, and whether it was the first to have a reason.
func (g *Group) leftEarly(rank int, text []byte) (first bool, why error) {
	var d departure
	if err := json.Unmarshal(text, &d); err != nil || d.Text == "" {
		return false, err
	}
	name := ranks.Name(rank, g.place.Size)
	switch {
	case exit.Interrupted(d.Code):
		return true, fmt.Errorf("%s: %w", name, exit.Stopped{Signal: syscall.Signal(d.Code - 128)})
	case d.Fault:
		return true, g.departed(rank, text)
	}
	return false, fmt.Errorf("%s left: %s", name, d.Text)
}

// Meet waits until all processes have called it as often as this one. ctx is one of Watch.
func (g *Group) Meet(ctx context.Context) error {
	if g == nil {
		return nil
	}
	g.met++
	name := keyMet + strconv.Itoa(g.met) + "/"
	if err := g.peers.Put(g.key(name, g.place.Rank), []byte{1}); err != nil {
		return g.silent([]int{0}, err)
	}
	for ctx.Err() == nil {
		missing, err := g.without(name)
		if err == nil && len(missing) == 0 {
			return nil
		}
		pause(ctx, beatPeriod/5) // an error of the store is the watch's to explain
	}
	return context.Cause(ctx)
}

// Together returns the bytes of all processes by rank, in all of them. It waits for them as Meet does.
func (g *Group) Together(ctx context.Context, own []byte) (all [][]byte, err error) {
	if err := g.Meet(ctx); err != nil {
		return nil, err
	}
	if all, err = g.Gather(own); err != nil {
		return nil, err
	}
	text, err := json.Marshal(all)
	if err == nil {
		text, err = g.BroadcastBytes(text)
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	return all, err
}
