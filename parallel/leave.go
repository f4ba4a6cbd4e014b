package parallel

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"simgan/internal/exit"
	"simgan/internal/ranks"
)

// departure says why a process left.
type departure struct {
	Code  int    `json:"code"`  // its exit code
	Fault bool   `json:"fault"` // it failed by itself
	Text  string `json:"text"`
}

// departed returns the error of a process that failed, nil if another one was at fault.
func (g *Group) departed(rank int, text []byte) error {
	var d departure
	if err := json.Unmarshal(text, &d); err != nil || !d.Fault {
		return nil
	}
	err := fmt.Errorf("%s failed: %s", ranks.Name(rank, g.place.Size), d.Text)
	switch d.Code {
	case exit.Guard:
		return fmt.Errorf("%w: %w", exit.ErrGuard, err)
	case exit.Usage:
		return exit.Usagef("%w", err)
	}
	return err
}

// Leave ends the membership. If err is not nil, the others learn it. Process 0, which runs the store, waits until they
// have.
func (g *Group) Leave(err error) {
	if g != nil {
		g.leave.Do(func() { g.depart(err) })
	}
}

func (g *Group) depart(err error) {
	d := departure{}
	if err != nil {
		var lost lostError
		own, stopped := g.failed == nil && !errors.As(err, &lost), errors.Is(err, exit.ErrStopped)
		d = departure{Code: exit.Failed, Fault: own && !stopped, Text: err.Error()}
		switch {
		case own && stopped:
			d.Code = 128 + signalOf(err)
		case errors.Is(err, exit.ErrGuard):
			d.Code = exit.Guard
		case errors.Is(err, exit.ErrUsage):
			d.Code = exit.Usage
		}
	}
	text, _ := json.Marshal(d) // a struct of plain fields
	left := make(chan struct{})
	go func() {
		defer close(left)
		if g.peers.Put(g.key(keyLeft, g.place.Rank), text) == nil && g.peers.Abort() == nil && err != nil && g.place.Rank == 0 {
			g.awaitOthers()
		}
	}()
	select {
	case <-left:
	case <-time.After(g.wait + deadAfter):
	}
	close(g.beats)
}

// awaitOthers waits until every process that beats has left.
func (g *Group) awaitOthers() {
	heard := make([]heartbeat, g.place.Size)
	for end := time.Now().Add(g.wait); time.Now().Before(end); time.Sleep(beatPeriod / 5) {
		stays := false
		for rank := range heard {
			left, err := g.peers.Get(g.key(keyLeft, rank))
			beat, err2 := g.peers.Get(g.key(keyBeat, rank))
			if err != nil || err2 != nil {
				return
			}
			dead := heard[rank].listen(beat, deadAfter)
			stays = stays || left == nil && !dead
		}
		if !stays {
			return
		}
	}
}
