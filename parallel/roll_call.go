package parallel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A call that fails says only that a connection broke, or that time is up. The store knows more: every process beats
// there, says that it answers the roll call, and why it left.
const (
	beatPeriod = 500 * time.Millisecond
	deadAfter  = 2500 * time.Millisecond // without a beat
	leastWait  = 3 * time.Second         // for the processes that beat but do not answer
	mostWait   = 20 * time.Second
)

// Keys of the store; the rank follows.
const (
	keyBeat  = "beat/"   // a growing number, and that of calls
	keyHere  = "here/"   // the process has come
	keyAlive = "answer/" // the process answers the roll call
	keyLeft  = "left/"   // a departure
)

func (g *Group) key(name string, rank int) string { return name + strconv.Itoa(rank) }

// beat shows the others that this process lives, until it leaves.
func (g *Group) beat() {
	for n := 0; ; n++ {
		if g.peers.Put(g.key(keyBeat, g.place.Rank), fmt.Appendf(nil, "%d %d", n, g.calls.Load())) != nil {
			return
		}
		select {
		case <-g.beats:
			return
		case <-time.After(beatPeriod):
		}
	}
}

// await waits until all processes have come. It does not wait for one that came and died.
func (g *Group) await(ctx context.Context, timeout time.Duration) error {
	if err := g.peers.Put(g.key(keyHere, g.place.Rank), []byte{1}); err != nil {
		return err
	}
	heard := make([]heartbeat, g.place.Size)
	for end := time.Now().Add(timeout); ; time.Sleep(beatPeriod / 5) {
		missing, err := g.without(keyHere)
		if err == nil && len(missing) > 0 {
			err = g.lost(heard)
		}
		switch {
		case err != nil:
			return err
		case len(missing) == 0:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case time.Now().After(end):
			return fmt.Errorf("%s of %d did not come within %s", processes(missing), g.place.Size, timeout)
		}
	}
}

// lost returns the error of a process that came, and died or left since.
func (g *Group) lost(heard []heartbeat) error {
	_, dead, fault, err := g.census(heard)
	if err != nil || fault != nil {
		return errors.Join(err, fault)
	}
	if len(dead) > 0 {
		return g.silent(dead, errors.New("it was there when the processes met"))
	}
	return nil
}

// whileAll calls what, which waits for all processes, unless one dies or fails meanwhile. What is left behind then, as
// the process ends.
func (g *Group) whileAll(what func() error) error {
	done := make(chan error, 1)
	go func() { done <- what() }()
	for heard := make([]heartbeat, g.place.Size); ; {
		select {
		case err := <-done:
			return g.explain(err)
		case <-time.After(beatPeriod):
			if g.failed = g.lost(heard); g.failed != nil {
				return g.failed
			}
		}
	}
}

// without returns the ranks that have not set a key.
func (g *Group) without(name string) (missing []int, err error) {
	for rank := range g.place.Size {
		value, err := g.peers.Get(g.key(name, rank))
		if err != nil {
			return nil, err
		}
		if value == nil {
			missing = append(missing, rank)
		}
	}
	return missing, nil
}

// explain finds out which process is at fault for the first error of a call. The others are let know by closed
// connections.
func (g *Group) explain(err error) error {
	if err == nil {
		return nil
	}
	found := make(chan error, 1)
	go func() {
		abort := g.peers.Abort()
		found <- g.rollCall(errors.Join(err, abort))
	}()
	select {
	case g.failed = <-found:
	case <-time.After(g.wait + deadAfter): // the store does not answer
		g.failed = g.silent([]int{0}, err)
	}
	return g.failed
}

// rollCall asks in the store until it knows a process that failed or died, or all have answered, or time is up.
func (g *Group) rollCall(cause error) error {
	if err := g.peers.Put(g.key(keyAlive, g.place.Rank), []byte{1}); err != nil {
		return g.silent([]int{0}, cause)
	}
	heard := make([]heartbeat, g.place.Size)
	for end := time.Now().Add(g.wait); ; time.Sleep(beatPeriod / 5) {
		missing, dead, fault, err := g.census(heard)
		switch {
		case err != nil:
			return g.silent([]int{0}, cause) // the store went away with process 0
		case fault != nil:
			return fault
		case len(dead) > 0:
			return g.silent(dead, cause)
		case len(missing) == 0:
			return fmt.Errorf("the connections of %v failed, though all processes answer: %w", g.place, cause)
		case time.Now().After(end):
			return fmt.Errorf("%s of %d is busy or hangs, and did not take part within train.timeout: %w",
				processes(missing), g.place.Size, cause)
		}
	}
}

// heartbeat is the last beat of a process, and when it was new.
type heartbeat struct {
	beat string
	at   time.Time
}

// listen takes the present beat, and reports whether there was no new one for that long.
func (h *heartbeat) listen(beat []byte, long time.Duration) (dead bool) {
	if now := string(beat); h.at.IsZero() || h.beat != now {
		*h = heartbeat{now, time.Now()}
	}
	return time.Since(h.at) > long
}

// census looks at every process once: missing ones have neither answered nor left, dead ones have stopped beating as
// well. fault is the error of the first one that failed.
func (g *Group) census(heard []heartbeat) (missing, dead []int, fault, err error) {
	for rank := range heard {
		var beat, alive, left []byte
		for key, value := range map[string]*[]byte{keyBeat: &beat, keyAlive: &alive, keyLeft: &left} {
			if *value, err = g.peers.Get(g.key(key, rank)); err != nil {
				return nil, nil, nil, err
			}
		}
		silent := heard[rank].listen(beat, deadAfter)
		if left != nil {
			if fault = g.departed(rank, left); fault != nil {
				return nil, nil, fault, nil
			}
			continue
		}
		if alive == nil && beat != nil {
			missing = append(missing, rank)
			if silent {
				dead = append(dead, rank)
			}
		}
	}
	return missing, dead, nil, nil
}

func (g *Group) silent(gone []int, cause error) error {
	return fmt.Errorf("%s of %d died, was stopped or is cut off: %w", processes(gone), g.place.Size, cause)
}

// processes names ranks: "process 2", or "processes 1, 3".
func processes(gone []int) string {
	slices.Sort(gone)
	names := make([]string, len(gone))
	for i, rank := range gone {
		names[i] = strconv.Itoa(rank)
	}
	if len(names) == 1 {
		return "process " + names[0]
	}
	return "processes " + strings.Join(names, ", ")
}
